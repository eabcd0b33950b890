//! Where all is well, no event complains.

use std::io;

use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use axum::routing::get;
use http::header::SET_COOKIE;
use http::{HeaderMap, Method, Uri};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_partnero::context::Consent;
use tower_partnero::{Attribution, NotStored, Outcome, Referrals};

use super::{OUTSIDE_DOMAIN, errors, listen, new, routes, send, tell, visit};

/// Where a link would not be stored anyway, the layer's place makes no difference.
#[tokio::test]
async fn what_would_not_be_stored_is_no_reason_to_complain() {
    listen();
    let referrals = new().attribution(Attribution::FirstTouch).build().unwrap();
    let app = Router::new()
        .layer(referrals.layer())
        .merge(routes())
        .with_state(referrals.clone());
    let stored = ("cookie", "partnero_referral=anna-7");
    for (target, headers, outcome) in [
        ("/", &[][..], "NotReferred"),
        ("/?ref=", &[], "Ignored(Empty)"),
        ("/", &[stored], "Remembered"),
        ("/?ref=anna-7", &[stored], "Unchanged"),
        ("/?ref=ben", &[stored], "FirstTouchKept"),
        (
            "/?ref=ben",
            &[("sec-purpose", "prefetch")],
            "NotStored(Speculative)",
        ),
        (
            "/?ref=ben",
            &[("sec-fetch-mode", "no-cors")],
            "NotStored(NoNavigation)",
        ),
    ] {
        let (told, _) = send(app.clone(), visit(target, headers)).await;
        assert_eq!(told, outcome, "{target} {headers:?}");
    }
    let mut post = visit("/?ref=ben", &[]);
    *post.method_mut() = Method::POST;
    assert_eq!(send(app, post).await.0, "NotStored(Method)");
    assert_eq!(errors(), [""; 0]);

    let referrals = new().consent(|_| Consent::Unknown).build().unwrap();
    let _elsewhere = referrals.layer().layer(());
    let (parts, _) = visit("/?ref=anna-7", &[]).into_parts();
    let outcome = referrals.context(&parts).unwrap().outcome;
    assert_eq!(outcome, Outcome::NotStored(NotStored::ConsentUnknown));
    assert_eq!(errors(), [""; 0]);
}

/// A request that was made up, not received, says what the layer would do with it.
#[test]
fn the_pure_function_never_complains() {
    listen();
    let referrals = new().domain("shop.example").build().unwrap();
    let _elsewhere = referrals.layer().layer(());
    let uri = Uri::from_static("https://other.example/?ref=anna-7");
    let context = referrals.evaluate(&Method::GET, &uri, &HeaderMap::new());
    assert_eq!(context.outcome, OUTSIDE_DOMAIN);
    let uri = Uri::from_static("/?ref=anna-7");
    let context = referrals.evaluate(&Method::GET, &uri, &HeaderMap::new());
    assert_eq!(context.outcome, Outcome::Captured);
    assert_eq!(errors(), [""; 0]);
}

#[tokio::test]
async fn a_layer_in_any_right_place_is_not_told_of() {
    listen();
    let referrals = new().build().unwrap();
    let whole = |routes: Router<Referrals>| routes.with_state(referrals.clone());
    let layer = || referrals.layer();
    let rewrite = map_request(|mut request: Request| async move {
        *request.uri_mut() = "/?ref=anna-7&rewritten".parse().unwrap();
        request
    });
    let rebuild = map_request(|request: Request| async move {
        let (old, body) = request.into_parts();
        let mut new = Request::new(body);
        *new.uri_mut() = old.uri;
        *new.headers_mut() = old.headers;
        new
    });
    let outer = Router::new().nest("/shop", whole(routes()));
    for (app, target) in [
        (whole(routes().layer(layer())), "/?ref=anna-7"),
        (whole(routes().route_layer(layer())), "/?ref=anna-7"),
        (
            whole(Router::new().route("/", get(tell).layer(layer()))),
            "/?ref=anna-7",
        ),
        (
            whole(Router::new().fallback(tell).layer(layer())),
            "/anywhere?ref=anna-7",
        ),
        (outer.clone().layer(layer()), "/shop?ref=anna-7"),
        (
            Router::new().nest("/shop", whole(routes().layer(layer()))),
            "/shop?ref=anna-7",
        ),
        (
            whole(routes().layer(ServiceBuilder::new().layer(layer()).layer(layer()))),
            "/?ref=anna-7",
        ),
        // The app changes the request on its way from the layer to the handler.
        (
            whole(Router::new().fallback(tell).layer(rewrite).layer(layer())),
            "/old/place?ref=anna-7",
        ),
        (
            whole(routes().layer(rebuild).layer(layer())),
            "/?ref=anna-7",
        ),
    ] {
        for headers in [&[][..], &[("host", "shop.example")]] {
            let (told, cookies) = send(app.clone(), visit(target, headers)).await;
            assert_eq!(told, "Captured", "{target}");
            assert!(cookies >= 1, "{target}");
        }
    }
    assert_eq!(errors(), [""; 0]);

    // Around the router, not within it.
    let app = layer().layer(whole(routes()));
    let (told, cookies) = send(app, visit("/?ref=anna-7", &[])).await;
    assert_eq!((&*told, cookies), ("Captured", 1));
    assert_eq!(errors(), [""; 0]);
}

/// Under first touch the layer writes down the key that loses, but not twice.
#[tokio::test]
async fn a_key_that_lost_before_is_not_told_of() {
    listen();
    let referrals = new().attribution(Attribution::FirstTouch).build().unwrap();
    let app = routes().layer(referrals.layer()).with_state(referrals);
    let host = ("host", "shop.example");
    let (told, _) = send(app.clone(), visit("/?ref=anna-7", &[host])).await;
    assert_eq!(told, "Captured");
    let stored = ("cookie", "partnero_referral=anna-7");
    let (told, cookies) = send(app.clone(), visit("/?ref=ben", &[host, stored])).await;
    assert_eq!((&*told, cookies), ("FirstTouchKept", 1));
    let stored = (
        "cookie",
        "partnero_referral=anna-7; partnero_referral_before=ben",
    );
    let (told, cookies) = send(app, visit("/?ref=ben", &[host, stored])).await;
    assert_eq!((&*told, cookies), ("FirstTouchKept", 0));
    assert_eq!(errors(), [""; 0]);
}

/// The path link that the layer has seen becomes a query before the handler sees it.
#[tokio::test]
async fn a_path_link_that_the_app_rewrites_is_not_told_of() {
    listen();
    let referrals = new().path_links("ref").build().unwrap();
    let rewrite = map_request(|mut request: Request| async move {
        *request.uri_mut() = "/?ref=anna-7".parse().unwrap();
        request
    });
    let app = Router::new()
        .fallback(get(tell))
        .layer(rewrite)
        .layer(referrals.layer())
        .with_state(referrals);
    let (told, cookies) = send(app, visit("/ref/anna-7", &[])).await;
    assert_eq!((&*told, cookies), ("Captured", 1));
    assert_eq!(errors(), [""; 0]);
}

#[tokio::test]
async fn the_app_sees_a_captured_request_as_it_came() {
    let referrals = new().build().unwrap();
    let page = service_fn(|request: http::Request<()>| {
        let mut response = http::Response::new(());
        *response.headers_mut() = request.into_parts().0.headers;
        std::future::ready(Ok::<_, io::Error>(response))
    });
    for headers in [
        &[][..],
        &[("host", "shop.example")],
        &[("user-agent", "Firefox"), ("host", "shop.example")],
        &[("accept", "*/*")],
    ] {
        let (parts, _) = visit("/?ref=anna-7", headers).into_parts();
        let sent = parts.headers.clone();
        let app = referrals.layer().layer(page);
        let answer = app.oneshot(http::Request::from_parts(parts, ())).await;
        let mut seen = answer.unwrap().into_parts().0.headers;
        assert!(seen.remove(SET_COOKIE).is_some());
        seen.remove("cache-control");
        assert_eq!(seen, sent);
    }
}

/// With a companion the layer may write without a capture.
#[cfg(feature = "companion")]
#[tokio::test]
async fn a_link_that_only_the_companion_learns_of_is_not_told_of() {
    use tower_partnero::capture::companion::SigningKeys;

    listen();
    let keys = SigningKeys::new([7; 32]).unwrap();
    let referrals = new().companion(keys).build().unwrap();
    let app = routes().layer(referrals.layer()).with_state(referrals);
    // Partnero's script has written this cookie, and the companion does not know it yet.
    let stored = [("cookie", "partnero_referral=anna-7")];
    let (told, cookies) = send(app, visit("/?ref=anna-7", &stored)).await;
    assert_eq!((&*told, cookies), ("Unchanged", 1));
    assert_eq!(errors(), [""; 0]);
}
