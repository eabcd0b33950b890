//! Where the layer stands among routes and other middleware, as the crate's docs have it.

use axum::Router;
use axum::body::Body;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use http::header::{CACHE_CONTROL, HeaderValue, SET_COOKIE};
use http::{Request, StatusCode};
use tower::{Layer, Service, ServiceExt};
use tower_partnero::Referrals;

fn referrals() -> Referrals {
    Referrals::builder().build().unwrap()
}

async fn page() -> &'static str {
    "welcome"
}

async fn public(mut response: Response) -> Response {
    let value = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(CACHE_CONTROL, value);
    response
}

/// The answer to somebody who follows a link.
async fn follow<S>(app: S, uri: &str) -> Response
where
    S: Service<Request<Body>, Response = Response>,
    S::Error: std::fmt::Debug,
{
    let request = Request::get(uri).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap()
}

fn is_captured(response: &Response) -> bool {
    response.headers().contains_key(SET_COOKIE)
}

#[tokio::test]
async fn a_route_behind_the_layer_captures_nothing() {
    let app: Router = Router::new()
        .route("/before", get(page))
        .layer(referrals().layer())
        .route("/after", get(page));
    assert!(is_captured(&follow(app.clone(), "/before?ref=a").await));
    assert!(!is_captured(&follow(app, "/after?ref=a").await));
}

#[tokio::test]
async fn around_the_router_every_request_is_seen() {
    let app = referrals()
        .layer()
        .layer(Router::new().route("/", get(page)));
    let missing = follow(app, "/moved?ref=a").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(is_captured(&missing));
}

#[tokio::test]
async fn what_stands_outside_has_the_last_word_on_caches() {
    let inside: Router = Router::new()
        .route("/", get(page))
        .layer(map_response(public))
        .layer(referrals().layer());
    let outside: Router = Router::new()
        .route("/", get(page))
        .layer(referrals().layer())
        .layer(map_response(public));
    let control = async |app| follow(app, "/?ref=a").await.headers()[CACHE_CONTROL].clone();
    assert!(
        control(inside)
            .await
            .to_str()
            .unwrap()
            .starts_with("private")
    );
    assert_eq!(control(outside).await, "public, max-age=60");
}
