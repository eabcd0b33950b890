//! The layer among routes and other middleware: where it captures, what it needs of the inner service,
//! and what it passes on.

mod wire;

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::middleware::map_response;
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Request, Response, StatusCode};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_partnero::Referrals;
use tower_test::mock;

fn referrals() -> Referrals {
    Referrals::builder().build().unwrap()
}

fn assert_captured(headers: &HeaderMap) {
    let lines: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].as_bytes().starts_with(b"partnero_referral=K; "));
}

#[tokio::test]
async fn captures_under_axum_in_every_place() {
    let referrals = referrals();
    let page = get(async || "page").layer(referrals.layer());
    let routes = Router::new().route("/", get(async || "page").post(async || "made"));
    let limited = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(referrals.layer());
    let nested = routes.clone().layer(referrals.layer());
    let whole = referrals.layer().layer(routes.clone());
    for (app, target) in [
        (Router::new().route("/", page), "/?ref=K"),
        (routes.clone().layer(referrals.layer()), "/?ref=K"),
        (routes.clone().route_layer(referrals.layer()), "/?ref=K"),
        (routes.layer(limited), "/?ref=K"),
        (Router::new().nest("/shop", nested), "/shop?ref=K"),
        (Router::new().fallback_service(whole), "/?ref=K"),
    ] {
        let landing = Request::get(target).body(Body::empty()).unwrap();
        let response = app.oneshot(landing).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_captured(response.headers());
    }
}

#[tokio::test]
async fn captures_around_a_whole_router_even_on_a_page_that_is_not_there() {
    let router = Router::new().route("/only-post", post(async || "made"));
    let app = referrals().layer().layer(router);
    for (target, status) in [
        ("/nowhere?ref=K", StatusCode::NOT_FOUND),
        ("/only-post?ref=K", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let landing = Request::get(target).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(landing).await.unwrap();
        assert_eq!(response.status(), status);
        assert_captured(response.headers());
    }
}

async fn page() -> &'static str {
    "welcome"
}

async fn public(mut response: axum::response::Response) -> axum::response::Response {
    let value = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(CACHE_CONTROL, value);
    response
}

/// The headers of the answer to a visitor who follows a link.
async fn follow(app: Router, target: &str) -> HeaderMap {
    let request = Request::get(target).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap().into_parts().0.headers
}

#[tokio::test]
async fn a_route_that_is_added_after_the_layer_captures_nothing() {
    let app: Router = Router::new()
        .route("/before", get(page))
        .layer(referrals().layer())
        .route("/after", get(page));
    assert_captured(&follow(app.clone(), "/before?ref=K").await);
    assert!(!follow(app, "/after?ref=K").await.contains_key(SET_COOKIE));
}

#[tokio::test]
async fn a_middleware_outside_the_layer_overwrites_cache_control() {
    let routes = Router::new().route("/", get(page));
    let inside: Router = routes
        .clone()
        .layer(map_response(public))
        .layer(referrals().layer());
    let outside: Router = routes
        .layer(referrals().layer())
        .layer(map_response(public));
    let inside = follow(inside, "/?ref=K").await;
    assert!(inside[CACHE_CONTROL].as_bytes().starts_with(b"private"));
    let outside = follow(outside, "/?ref=K").await;
    assert_eq!(outside[CACHE_CONTROL], "public, max-age=60");
}

#[tokio::test]
async fn captures_on_a_bare_hyper_server() {
    let app = ServiceBuilder::new()
        .layer(referrals().layer())
        .service(service_fn(|_| {
            ready(Response::builder().body("page".to_owned()))
        }));
    let answer = wire::exchange(app, &wire::request("GET", b"/?ref=K", &[])).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nset-cookie: partnero_referral=K; "),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\npage"), "{answer}");
}

/// A body that is neither `Default` nor `Send`.
#[derive(Debug, PartialEq)]
struct Parchment(Rc<str>);

#[derive(Debug, PartialEq)]
struct Torn;

/// A service that is neither `Clone` nor `Send` nor `'static`: it borrows from the test's stack.
struct Scribe<'a> {
    calls: &'a Cell<u32>,
}

impl Service<Request<Parchment>> for Scribe<'_> {
    type Response = Response<Parchment>;
    type Error = Torn;
    type Future = Ready<Result<Self::Response, Torn>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Torn>> {
        Poll::Ready(if self.calls.get() < 2 {
            Ok(())
        } else {
            Err(Torn)
        })
    }

    fn call(&mut self, request: Request<Parchment>) -> Self::Future {
        self.calls.set(self.calls.get() + 1);
        let path = request.uri().path().to_owned();
        let answer = Response::new(request.into_body());
        ready(if path == "/torn" {
            Err(Torn)
        } else {
            Ok(answer)
        })
    }
}

#[tokio::test]
async fn asks_nothing_of_the_service_its_bodies_and_its_error() {
    let calls = Cell::new(0);
    let mut service = referrals().layer().layer(Scribe { calls: &calls });
    let text: Rc<str> = "text".into();
    let request = |uri| Request::get(uri).body(Parchment(text.clone())).unwrap();

    let response = service
        .ready()
        .await
        .unwrap()
        .call(request("/?ref=K"))
        .await;
    let response = response.unwrap();
    assert_captured(response.headers());
    assert!(Rc::ptr_eq(&response.into_body().0, &text));
    let torn = service.ready().await.unwrap().call(request("/torn?ref=K"));
    let error: Torn = torn.await.unwrap_err();
    assert_eq!(error, Torn);
    let unready: Result<_, Torn> = service.ready().await.map(|_| ());
    assert_eq!(unready, Err(Torn));
    assert_eq!(calls.get(), 2);
}

#[tokio::test]
async fn is_ready_when_the_inner_service_is() {
    let (mut service, mut handle) =
        mock::spawn_layer::<Request<()>, Response<()>, _>(referrals().layer());
    handle.allow(0);
    assert!(service.poll_ready().is_pending());
    assert!(!service.is_woken());
    handle.allow(1);
    assert!(service.is_woken());
    assert!(matches!(service.poll_ready(), Poll::Ready(Ok(()))));

    let answer = service.call(Request::get("/?ref=K").body(()).unwrap());
    let (request, reply) = handle.next_request().await.unwrap();
    assert_eq!(request.uri(), "/?ref=K");
    reply.send_response(Response::new(()));
    assert_captured(answer.await.unwrap().headers());
    assert!(service.poll_ready().is_pending(), "one request was allowed");
}

#[tokio::test]
async fn readiness_and_response_errors_pass_through() {
    let (mut service, mut handle) =
        mock::spawn_layer::<Request<()>, Response<()>, _>(referrals().layer());
    handle.send_error("not today");
    let Poll::Ready(Err(error)) = service.poll_ready() else {
        panic!("the inner service is broken");
    };
    assert_eq!(error.to_string(), "not today");

    assert!(service.poll_ready().is_ready());
    let answer = service.call(Request::get("/?ref=K").body(()).unwrap());
    let (_, reply) = handle.next_request().await.unwrap();
    reply.send_error("torn");
    assert_eq!(answer.await.unwrap_err().to_string(), "torn");
}
