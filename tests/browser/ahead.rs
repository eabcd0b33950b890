//! Pages that a browser fetches before the visitor clicks.

use std::future::ready;

use axum::Router;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::map_response;
use axum::response::Response;
use tower_partnero::Referrals;

use crate::shop::ANNA;
use crate::site::{Place, Site, page};
use crate::visitor::{Town, sign_up};
use crate::{Browser, COOKIE};

/// How the browser gets the page when the visitor clicks its link.
#[derive(Clone, Copy, PartialEq)]
enum Landing {
    /// It asks the shop again, and gets the cookie.
    Asked,
    /// It shows the page that it fetched before, and does not ask the shop again.
    Unheard,
}

/// A shop that rescues skipped keys by the `Referer`. One of its pages makes the browser fetch the
/// link before the click.
async fn shop(ahead: &str, cache: &'static str) -> Site {
    let place = Place::take().await;
    let referrals = Referrals::builder()
        .secure(false)
        .public_origins([place.at("127.0.0.1")])
        .referer_rescue(true)
        .build()
        .unwrap();
    let marked = move |page: Response| ready(([(CACHE_CONTROL, cache)], page));
    let link = "<a href='/?ref=anna-7'>tea</a>";
    let app = Router::new()
        .route(
            "/",
            page("<a href=/tea>Tea</a>").layer(map_response(marked)),
        )
        .route("/tea", page("Tea"))
        .route("/blog", page(&format!("{ahead}{link}")))
        .layer(referrals.layer());
    place.serve(app)
}

/// The browser fetches the link, the visitor clicks it and then opens one more page.
async fn click_what_came_ahead(ahead: &str, cache: &'static str, landing: Landing) {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let site = shop(ahead, cache).await;
    ben.go(&site.at("127.0.0.1", "/blog")).await;
    let fetched = site.heard("GET /?ref=anna-7").await;
    assert!(fetched.header("sec-purpose").starts_with("prefetch"));
    assert!(fetched.set.is_empty(), "nobody has seen the page yet");
    assert!(ben.cookies(COOKIE).await.is_empty());

    ben.click("a").await;
    ben.arrive("/?ref=anna-7").await;
    let asked_again = site.asked("GET /?ref=anna-7").len() == 2;
    assert_eq!(asked_again, landing == Landing::Asked);
    assert_eq!(ben.cookies(COOKIE).await.len(), usize::from(asked_again));

    ben.click("a").await;
    ben.arrive("/tea").await;
    assert_eq!(ben.values(COOKIE).await, ["anna-7"]);
    let next = &site.asked("GET /tea")[0];
    assert_eq!(next.header("referer"), site.at("127.0.0.1", "/?ref=anna-7"));
    assert_eq!(next.set.is_empty(), asked_again, "written once");
}

const PREFETCH: &str = "<link rel=prefetch href='/?ref=anna-7'>";

#[tokio::test]
async fn a_prefetched_link_credits_when_it_is_clicked() {
    click_what_came_ahead(PREFETCH, "no-cache", Landing::Asked).await;
}

#[tokio::test]
async fn a_prefetched_link_that_stays_in_the_cache_credits_one_page_later() {
    click_what_came_ahead(PREFETCH, "max-age=600", Landing::Unheard).await;
}

#[tokio::test]
async fn a_link_fetched_by_speculation_rules_credits_one_page_later() {
    let rules = r#"{"prefetch": [{"urls": ["/?ref=anna-7"], "eagerness": "immediate"}]}"#;
    let rules = format!("<script type=speculationrules>{rules}</script>");
    click_what_came_ahead(&rules, "no-cache", Landing::Unheard).await;
}

#[tokio::test]
async fn a_prerendered_link_credits_one_page_later() {
    let rules = r#"{"prerender": [{"urls": ["/?ref=anna-7"], "eagerness": "immediate"}]}"#;
    let rules = format!("<script type=speculationrules>{rules}</script>");
    click_what_came_ahead(&rules, "no-cache", Landing::Unheard).await;
}

/// From a friend's blog through the whole example shop.
#[tokio::test]
async fn a_link_that_a_blog_loads_ahead_credits_the_friend() {
    let Some(ben) = Browser::open().await else {
        return;
    };
    let town = Town::with(|policy, url| policy.public_origins([url]).referer_rescue(true)).await;
    let link = town.at(&format!("/?ref={ANNA}"));
    let blog = format!("<link rel=prefetch as=document href='{link}'><a href='{link}'>tea</a>");
    let blog = Site::with_page(&blog).await;
    ben.go(&blog.at("127.0.0.1", "/")).await;
    let ahead = town.shop.heard(&format!("GET /?ref={ANNA}")).await;
    assert!(ahead.header("sec-purpose").starts_with("prefetch"));
    assert!(ahead.set.is_empty() && ben.cookies(COOKIE).await.is_empty());

    ben.click("a").await;
    ben.arrive(&format!("/?ref={ANNA}")).await;
    sign_up(&ben, "Ben", "/account/2").await;
    assert_eq!(town.referrer_of("Ben").await.as_deref(), Some("1"));
    assert!(ben.cookies(COOKIE).await.is_empty());
}
