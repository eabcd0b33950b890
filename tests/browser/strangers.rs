//! Pages of strangers that try to plant a referral.

use crate::site::Site;
use crate::visitor::Town;
use crate::{Browser, COOKIE};

/// All that a page can load without a click, each with its own key.
const PARTS: [&str; 6] = ["img", "script", "style", "iframe", "object", "fetch"];

fn stuffed_with(shop: &str) -> String {
    format!(
        "<img src='{shop}/?ref=img' hidden>
         <link rel=stylesheet href='{shop}/?ref=style'>
         <script src='{shop}/?ref=script'></script>
         <iframe src='{shop}/?ref=iframe' style='display:none'></iframe>
         <object data='{shop}/?ref=object'></object>
         <script>fetch('{shop}/?ref=fetch', {{mode: 'no-cors', credentials: 'include'}})</script>
         <a href='{shop}/?ref=carla'>the shop</a>"
    )
}

/// A visitor opens a page full of hidden requests to `host`, and then clicks its one link.
async fn visit_a_stranger(host: &str, site: &str) {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::open().await;
    let stranger = Site::with_page(&stuffed_with(&town.at(""))).await;
    ben.go(&stranger.at(host, "/")).await;
    for part in PARTS {
        let heard = town.shop.heard(&format!("GET /?ref={part}")).await;
        assert_eq!(heard.header("sec-fetch-site"), site, "{part}");
        assert_eq!((heard.status, &heard.set[..]), (200, &[][..]), "{part}");
    }
    assert!(ben.cookies(COOKIE).await.is_empty());

    ben.click("a").await;
    ben.arrive("/?ref=carla").await;
    assert_eq!(ben.values(COOKIE).await, ["carla"], "a click is a click");
}

#[tokio::test]
async fn another_sites_page_plants_nothing() {
    visit_a_stranger("localhost", "cross-site").await;
}

/// The same site: here the browser would keep the cookie, and only the layer refuses.
#[tokio::test]
async fn a_neighbours_page_plants_nothing() {
    visit_a_stranger("127.0.0.1", "same-site").await;
}
