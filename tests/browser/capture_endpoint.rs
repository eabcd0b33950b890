//! A landing page from a cache, whose script calls the capture endpoint.

use axum::Router;
use axum::body::Body;
use tower_partnero::Referrals;

use crate::site::{Site, page};
use crate::{Browser, COOKIE, until};

/// The script from the docs of `CaptureEndpoint`. It also writes down what the endpoint answered.
const HAND_IN: &str = r#"<script>
    const key = new URLSearchParams(location.search).get("ref");
    const handIn = () => fetch("/referral/capture?" + new URLSearchParams({ ref: key }), { method: "POST" })
        .then(response => { window.answer = response.status });
    if (key && self === top) {
        if (document.prerendering) document.addEventListener("prerenderingchange", handIn, { once: true });
        else handIn();
    }
    window.ran = true;
    </script>"#;

/// A script that does not check whether the visitor sees the page.
const HASTY: &str =
    "<script>fetch('/referral/capture' + location.search, {method: 'POST'})</script>";

/// Pages that the layer does not see, as from a CDN, and the endpoint beside them. One page makes
/// the browser fetch the others before a click.
async fn cached_site() -> Site {
    let referrals = Referrals::builder().secure(false).build().unwrap();
    let rules = r#"{"prerender": [{"urls": ["/?ref=anna-7", "/hasty?ref=mallory"], "eagerness": "immediate"}]}"#;
    let blog =
        format!("<script type=speculationrules>{rules}</script><a href='/?ref=anna-7'>tea</a>");
    let app = Router::new()
        .route("/", page(HAND_IN))
        .route("/hasty", page(HASTY))
        .route("/blog", page(&blog))
        .route_service("/referral/capture", referrals.capture_endpoint::<Body>());
    Site::open(app).await
}

#[tokio::test]
async fn a_page_of_the_app_hands_its_key_in() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = cached_site().await;
    ben.go(&site.at("127.0.0.1", "/?ref=anna-7")).await;
    ben.until_true("return window.answer === 204").await;
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
}

#[tokio::test]
async fn a_strangers_page_hands_nothing_in() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = cached_site().await;
    let capture = site.at("127.0.0.1", "/referral/capture");
    let stranger = format!(
        "<form method=post action='{capture}?ref=form'><button>Win</button></form>
         <script>window.answer =
            fetch('{capture}?ref=fetch', {{method: 'POST', mode: 'no-cors', credentials: 'include'}})
                .then(response => response.type)
         </script>"
    );
    let stranger = Site::with_page(&stranger).await;
    let posted = |by: &str| site.asked(&format!("POST /referral/capture?ref={by}"));
    for (times, host) in [(1, "localhost"), (2, "127.0.0.1")] {
        ben.go(&stranger.at(host, "/")).await;
        assert_eq!(ben.run("return window.answer").await, "opaque", "{host}");
        ben.click("button").await;
        until("the form", async || {
            (posted("form").len() == times).then_some(())
        })
        .await;
    }
    let heard = [posted("fetch"), posted("form")].concat();
    assert_eq!(heard.len(), 4);
    for post in heard {
        assert_eq!((post.status, &post.set[..]), (403, &[][..]));
    }
    assert!(ben.cookies(COOKIE).await.is_empty());
}

#[tokio::test]
async fn a_page_that_is_loaded_ahead_hands_its_key_in_when_it_is_seen() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = cached_site().await;
    ben.go(&site.at("127.0.0.1", "/blog")).await;
    // The script without the check has run before the visitor saw its page.
    let hasty = site.heard("POST /referral/capture?ref=mallory").await;
    assert!(hasty.header("sec-purpose").contains("prerender"));
    assert_eq!((hasty.status, &hasty.set[..]), (204, &[][..]));
    site.heard("GET /?ref=anna-7").await;
    assert!(site.asked("POST /referral/capture?ref=anna-7").is_empty());
    assert!(ben.cookies(COOKIE).await.is_empty());

    ben.click("a").await;
    ben.arrive("/?ref=anna-7").await;
    ben.until_true("return window.answer === 204").await;
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
    let handed_in = site.asked("POST /referral/capture?ref=anna-7");
    assert_eq!(handed_in.len(), 1, "only when it was seen");
    assert_eq!(handed_in[0].header("sec-purpose"), "");
}

/// The server cannot tell a frame's script from the script of a page, but the script itself can.
#[tokio::test]
async fn a_page_in_a_neighbours_frame_hands_nothing_in() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = cached_site().await;
    let shop = site.at("127.0.0.1", "/?ref=mallory");
    let neighbour = Site::with_page(&format!("<iframe src='{shop}'></iframe>")).await;
    ben.go(&neighbour.at("127.0.0.1", "/")).await;
    site.heard("GET /?ref=mallory").await;
    ben.enter_frame().await;
    ben.until_true("return window.ran === true").await;
    assert!(site.asked("POST /referral/capture?ref=mallory").is_empty());
    assert!(ben.cookies(COOKIE).await.is_empty());
}
