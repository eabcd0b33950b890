//! A landing page that came from a cache, and the line of script on it.

use axum::Router;
use axum::body::Body;
use tower_partnero::Referrals;

use crate::site::{Site, page};
use crate::{Browser, COOKIE, until};

/// A page that no layer sees, as one from a CDN, and the endpoint beside it.
async fn cached_site() -> Site {
    let referrals = Referrals::builder().secure(false).build().unwrap();
    let hand_in = "<script>
        window.answer = fetch('/referral/capture' + location.search, {method: 'POST'})
            .then(response => response.status)
        </script>";
    let app = Router::new()
        .route("/", page(hand_in))
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
    assert_eq!(ben.run("return window.answer").await, 204);
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
