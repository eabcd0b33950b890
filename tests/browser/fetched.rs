//! Sites whose scripts fetch the next page, and a landing page that comes from a shared cache.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use tower_partnero::Referrals;

use crate::npm::script;
use crate::site::{Exchange, Place, Site, page};
use crate::{Browser, COOKIE};

/// How the visitor's browser gets from one page to the next.
#[derive(Clone, Copy, PartialEq)]
enum Links {
    /// As it does by itself.
    Plain,
    /// By htmx, where `hx-boost` stands on the page.
    Htmx,
    /// By Turbo, which also fetches what is under the pointer.
    Turbo,
    /// By Turbo, told to fetch nothing ahead.
    TurboOnClick,
}

const HTMX: &str = "<script src=/htmx.js></script><div hx-boost=true>";
const TURBO: &str = "<script src=/turbo.js></script>";
const ON_CLICK: &str = "<meta name=turbo-prefetch content=false><script src=/turbo.js></script>";

/// A shop whose landing page is marked for shared caches, so that no cookie comes with it.
async fn shop(links: Links) -> Option<Site> {
    let (path, script, start) = match links {
        Links::Plain => ("", Some(String::new()), ""),
        Links::Htmx => ("/htmx.js", script("htmx.org/dist/htmx.js"), HTMX),
        Links::Turbo => ("/turbo.js", turbo(), TURBO),
        Links::TurboOnClick => ("/turbo.js", turbo(), ON_CLICK),
    };
    let script = script?;
    let place = Place::take().await;
    let referrals = Referrals::builder()
        .secure(false)
        .public_origins([place.at("127.0.0.1")])
        .leave_public_pages(true)
        .referer_rescue(true)
        .build()
        .unwrap();
    let page = |body: &str| page(&format!("{start}{body}"));
    let public = axum::middleware::map_response(async |response: axum::response::Response| {
        ([(CACHE_CONTROL, "public, max-age=600")], response)
    });
    let mut app = Router::new()
        .route(
            "/tea",
            page("Tea <a href=/cart>to the cart</a>").layer(public),
        )
        .route(
            "/",
            page("Shop <a href='/pricing?ref=anna-7'>Anna's prices</a>"),
        )
        .route("/cart", page("Cart <a href=/pay>to the till</a>"))
        .route(
            "/pricing",
            page("<h1>Prices</h1><a href=/cart>to the cart</a>"),
        )
        .route("/pay", page("Till"));
    if !path.is_empty() {
        let script = ([(CONTENT_TYPE, "text/javascript")], script);
        app = app.route(path, get(async move || script));
    }
    Some(place.serve(app.layer(referrals.layer())))
}

fn turbo() -> Option<String> {
    script("@hotwired/turbo/dist/turbo.es2017-umd.js")
}

/// A browser in front of a page of that shop, whose script is ready.
async fn visit(links: Links, target: &str) -> Option<(Browser, Site)> {
    let ben = Browser::open().await?;
    let site = shop(links).await?;
    ben.go(&site.at("127.0.0.1", target)).await;
    ben.until_true("return document.readyState === 'complete'")
        .await;
    assert!(ben.cookies(COOKIE).await.is_empty(), "{target}");
    Some((ben, site))
}

/// Follows the page's link by the keyboard, as who uses no mouse: so nothing lies under a pointer.
async fn follow(ben: &Browser, site: &Site, next: &str) -> Exchange {
    ben.fill("a", "\u{e007}").await;
    ben.arrive(next).await;
    site.heard(&format!("GET {next}")).await
}

/// What the browser said of a request, and whether it said that a script has made it.
fn is_fetch(exchange: &Exchange) -> bool {
    let said = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"];
    let said = said.map(|name| exchange.header(name));
    assert!(
        [
            ["same-origin", "cors", "empty"],
            ["same-origin", "navigate", "document"]
        ]
        .contains(&said),
        "{said:?}"
    );
    said[1] == "cors"
}

/// From the landing page to the next.
async fn a_key_that_a_cache_kept_back_is_stored(links: Links) {
    let Some((ben, site)) = visit(links, "/tea?ref=anna-7").await else {
        return;
    };
    let next = follow(&ben, &site, "/cart").await;
    assert_eq!(is_fetch(&next), links != Links::Plain);
    let landing = site.at("127.0.0.1", "/tea?ref=anna-7");
    assert_eq!(next.header("referer"), landing);
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
    assert!(ben.text().await.contains("Cart"));

    let last = follow(&ben, &site, "/pay").await;
    assert_eq!(last.cookies(), "partnero_referral=anna-7");
    assert!(last.set.is_empty(), "written once");
}

#[tokio::test]
async fn behind_a_cached_landing_page_a_plain_link_stores_the_key() {
    a_key_that_a_cache_kept_back_is_stored(Links::Plain).await;
}

#[tokio::test]
async fn behind_a_cached_landing_page_htmx_stores_the_key() {
    a_key_that_a_cache_kept_back_is_stored(Links::Htmx).await;
}

#[tokio::test]
async fn behind_a_cached_landing_page_turbo_stores_the_key() {
    a_key_that_a_cache_kept_back_is_stored(Links::Turbo).await;
    a_key_that_a_cache_kept_back_is_stored(Links::TurboOnClick).await;
}

/// A referral link that stands on a page of the shop itself.
async fn an_own_link_is_stored(links: Links) {
    let Some((ben, site)) = visit(links, "/").await else {
        return;
    };
    let followed = follow(&ben, &site, "/pricing?ref=anna-7").await;
    assert_eq!(is_fetch(&followed), links != Links::Plain);
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
}

#[tokio::test]
async fn a_referral_link_on_the_own_page_counts_by_any_script() {
    for links in [Links::Plain, Links::Htmx, Links::Turbo] {
        an_own_link_is_stored(links).await;
    }
}

/// Turbo shows what it has fetched under the pointer, and asks no second time.
#[tokio::test]
async fn what_turbo_fetches_under_the_pointer_is_not_stored() {
    let Some((ben, site)) = visit(Links::Turbo, "/tea?ref=anna-7").await else {
        return;
    };
    ben.point_at("a").await;
    let ahead = site.heard("GET /cart").await;
    assert_eq!(ahead.header("x-sec-purpose"), "prefetch");
    assert!(is_fetch(&ahead) && ahead.set.is_empty());
    assert!(ben.cookies(COOKIE).await.is_empty());

    ben.click("a").await;
    ben.arrive("/cart").await;
    assert_eq!(
        site.asked("GET /cart").len(),
        1,
        "shown from the page's own memory"
    );
    assert!(ben.cookies(COOKIE).await.is_empty());
}

/// So a landing page that a cache keeps has to tell Turbo to wait for the click.
#[tokio::test]
async fn turbo_that_waits_for_the_click_stores_the_key() {
    let Some((ben, site)) = visit(Links::TurboOnClick, "/tea?ref=anna-7").await else {
        return;
    };
    ben.point_at("a").await;
    // Longer than Turbo waits before it fetches ahead.
    ben.run("return new Promise(done => setTimeout(done, 500))")
        .await;
    assert!(site.asked("GET /cart").is_empty());
    ben.click("a").await;
    ben.arrive("/cart").await;
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
}

/// The link's own key is found on the page after, as with a page that the browser fetched ahead.
#[tokio::test]
async fn a_link_that_turbo_fetched_under_the_pointer_credits_one_page_later() {
    let Some((ben, site)) = visit(Links::Turbo, "/").await else {
        return;
    };
    ben.point_at("a").await;
    let ahead = site.heard("GET /pricing?ref=anna-7").await;
    assert_eq!(ahead.header("x-sec-purpose"), "prefetch");
    assert!(ahead.set.is_empty());
    ben.click("a").await;
    ben.arrive("/pricing?ref=anna-7").await;
    assert!(ben.cookies(COOKIE).await.is_empty());
    let next = follow(&ben, &site, "/cart").await;
    assert!(is_fetch(&next));
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
}

/// The shop in a frame of a stranger's page: to the server the fetch looks as at the top, and the
/// browser keeps the `Lax` cookie out.
#[tokio::test]
async fn in_a_strangers_frame_the_browser_keeps_no_cookie() {
    for links in [Links::Htmx, Links::Turbo] {
        let Some(ben) = Browser::open().await else {
            return;
        };
        let Some(site) = shop(links).await else {
            return;
        };
        let landing = site.at("127.0.0.1", "/tea?ref=mallory");
        let stranger = Site::with_page(&format!("<iframe src='{landing}'></iframe>")).await;
        ben.go(&stranger.at("localhost", "/")).await;
        ben.enter_frame().await;
        ben.until_true("return document.readyState === 'complete'")
            .await;
        ben.fill("a", "\u{e007}").await;
        let next = site.heard("GET /cart").await;
        assert!(is_fetch(&next));
        assert_eq!(next.set.len(), 1, "the shop does not see the frame");
        ben.until_true("return document.body.innerText.includes('Cart')")
            .await;
        assert!(ben.cookies(COOKIE).await.is_empty());

        ben.go(&site.at("127.0.0.1", "/pay")).await;
        assert_eq!(site.heard("GET /pay").await.cookies(), "");
    }
}
