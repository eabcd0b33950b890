//! The capture endpoint: it takes the key of the app's own cached page, and no key of another site.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{Request, Response, StatusCode};
use tower::ServiceExt;
use tower_partnero::{Attribution, Outcome, Referrals};

use super::{cookies, request};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

fn referrals() -> Referrals {
    Referrals::builder()
        .public_origins(["https://shop.example"])
        .build()
        .unwrap()
}

async fn send(referrals: &Referrals, request: Request<()>) -> Response<String> {
    let endpoint = referrals.capture_endpoint::<String>();
    let response = endpoint.oneshot(request).await.unwrap();
    assert!(
        response.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("no-store")
    );
    assert_eq!(response.body(), "");
    response
}

#[tokio::test]
async fn a_page_of_the_app_hands_its_key_in() {
    for headers in [
        &[OWN, ("sec-fetch-mode", "cors")][..],
        &[("origin", "https://shop.example")],
    ] {
        let response = send(
            &referrals(),
            request("POST", "/capture?ref=anna-7", headers),
        )
        .await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        let written = cookies(response.headers());
        assert!(
            written[0].starts_with("partnero_referral=anna-7; "),
            "{written:?}"
        );
        assert_eq!(response.headers()["cache-control"], "private, no-store");
    }
}

#[tokio::test]
async fn a_strangers_page_is_forbidden() {
    for headers in [
        &[][..],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://shop.example"),
        ],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://shop.example")],
        &[
            ("origin", "https://evil.example"),
            ("host", "evil.example"),
            ("x-forwarded-host", "shop.example"),
        ],
        &[("referer", "https://shop.example/?ref=mallory")],
    ] {
        let response = send(
            &referrals(),
            request("POST", "/capture?ref=mallory", headers),
        )
        .await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
        assert!(cookies(response.headers()).is_empty(), "{headers:?}");
    }
}

/// A page that is loaded ahead runs its scripts before a person sees it, and a form can be posted in
/// a frame.
#[tokio::test]
async fn a_page_that_nobody_sees_hands_nothing_in() {
    for headers in [
        &[
            OWN,
            ("sec-fetch-mode", "cors"),
            ("sec-purpose", "prefetch;prerender"),
        ][..],
        &[OWN, ("purpose", "prefetch")],
        &[
            OWN,
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
    ] {
        let post = request("POST", "/capture?ref=mallory", headers);
        let response = send(&referrals(), post).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{headers:?}");
        assert!(cookies(response.headers()).is_empty(), "{headers:?}");
    }
}

/// It takes the keys of cached pages. Pages that the app answers still need the layer.
#[test]
fn the_endpoint_alone_is_no_layer() {
    let referrals = referrals();
    let _endpoint = referrals.capture_endpoint::<String>();
    let (parts, ()) = request("GET", "/?ref=anna-7", &[]).into_parts();
    assert!(referrals.context(&parts).is_err());
}

#[tokio::test]
async fn nothing_but_a_post_is_taken() {
    for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
        let response = send(&referrals(), request(method, "/capture?ref=anna-7", &[OWN])).await;
        assert_eq!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method}"
        );
        assert_eq!(response.headers()["allow"], "POST");
        assert!(cookies(response.headers()).is_empty(), "{method}");
    }
}

#[tokio::test]
async fn only_what_is_taken_in_is_counted() {
    let counter = Arc::new(AtomicU32::new(0));
    let counts = counter.clone();
    let builder = Referrals::builder().on_outcome(move |context| {
        assert_eq!(context.outcome, Outcome::Captured);
        counts.fetch_add(1, Ordering::Relaxed);
    });
    let referrals = builder.build().unwrap();
    for (method, headers) in [("POST", &[OWN][..]), ("POST", &[]), ("GET", &[OWN])] {
        send(&referrals, request(method, "/capture?ref=anna-7", headers)).await;
    }
    assert_eq!(counter.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_policy_holds_here_too() {
    let first = Referrals::builder()
        .attribution(Attribution::FirstTouch)
        .build()
        .unwrap();
    let stored = [OWN, ("cookie", "partnero_referral=carla")];
    let response = send(&first, request("POST", "/capture?ref=anna-7", &stored)).await;
    let lines = cookies(response.headers());
    assert!(
        lines.len() == 1 && lines[0].starts_with("partnero_referral_before=anna-7; "),
        "the later key is a runner-up: {lines:?}"
    );

    let unknown = Referrals::builder()
        .consent(tower_partnero::capture::consent::by_cookie(
            "consent", "yes",
        ))
        .build()
        .unwrap();
    let response = send(&unknown, request("POST", "/capture?ref=anna-7", &[OWN])).await;
    assert!(cookies(response.headers()).is_empty());

    for query in ["", "?ref=", "?ref=%00", "?other=1"] {
        let response = send(
            &referrals(),
            request("POST", &format!("/capture{query}"), &[OWN]),
        )
        .await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{query}");
        assert!(cookies(response.headers()).is_empty(), "{query}");
    }
}
