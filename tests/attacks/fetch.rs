//! Sites whose own scripts fetch the next page: which requests count as the visitor's navigation, and
//! that another site cannot send such a request.

use tower_partnero::capture::ReferralsBuilder;
use tower_partnero::{NotStored, Outcome, ReferralSource, Referrals, SameSite};

use super::{Site, get, request};

const PAGE: &str = "https://shop.example/tea?ref=anna-7";

fn rescuing() -> ReferralsBuilder {
    Referrals::builder()
        .public_origins(["https://shop.example"])
        .referer_rescue(true)
}

/// The headers that browsers send with a script's `fetch` or `XMLHttpRequest` to the page's own origin.
const BY_OWN_PAGE: [(&str, &str); 3] = [
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
];

/// These headers, with another value for one of them, or without it.
fn but(name: &str, value: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let headers = BY_OWN_PAGE.into_iter();
    let changed = headers.filter_map(|(own, kept)| {
        let value = if own == name { value } else { Some(kept) };
        Some((own, value?))
    });
    changed.collect()
}

#[tokio::test]
async fn the_page_before_is_found_by_the_fetch_of_the_next() {
    for mode in ["cors", "same-origin"] {
        let site = Site::open(rescuing());
        let mut headers = but("sec-fetch-mode", Some(mode));
        headers.push(("referer", PAGE));
        let next = get("/cart", &headers);
        let context = site.context(&next);
        let referral = context.referral.unwrap();
        assert_eq!(
            (referral.key().as_str(), referral.source()),
            ("anna-7", ReferralSource::Referer)
        );
        assert_eq!(context.outcome, Outcome::Captured, "{mode}");
        let cookies = site.cookies(next).await;
        assert!(cookies[0].starts_with("partnero_referral=anna-7; "));
    }
}

#[tokio::test]
async fn a_link_on_the_own_page_is_stored_by_its_fetch() {
    let site = Site::open(rescuing());
    let headers = [&BY_OWN_PAGE[..], &[("referer", "https://shop.example/")]].concat();
    let cookies = site.cookies(get("/pricing?ref=anna-7", &headers)).await;
    assert!(cookies[0].starts_with("partnero_referral=anna-7; "));
}

/// A key in the query, and a key of the page before: neither may be stored.
async fn stores_nothing(
    builder: ReferralsBuilder,
    method: &str,
    headers: &[(&str, &str)],
    reason: NotStored,
) {
    let site = Site::open(builder);
    let from_page = [headers, &[("referer", PAGE)]].concat();
    for visit in [
        request(method, "/pricing?ref=anna-7", headers),
        request(method, "/cart", &from_page),
    ] {
        // The address of a page of another origin is not used at all.
        let outcome = site.outcome(&visit);
        let unseen = visit.uri() == "/cart" && outcome == Outcome::NotReferred;
        assert!(
            unseen || outcome == Outcome::NotStored(reason),
            "{outcome} {visit:?}"
        );
        assert_eq!(site.cookies(visit).await, [""; 0], "{headers:?}");
    }
}

#[tokio::test]
async fn what_is_fetched_ahead_is_not_stored() {
    for ahead in [
        ("x-sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
        ("hx-preloaded", "true"),
    ] {
        for place in 0..=BY_OWN_PAGE.len() {
            let mut headers = BY_OWN_PAGE.to_vec();
            headers.insert(place, ahead);
            stores_nothing(rescuing(), "GET", &headers, NotStored::Speculative).await;
        }
    }
}

#[tokio::test]
async fn what_is_no_fetch_of_the_own_page_is_not_stored() {
    let values = [
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-site", ""),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-mode", "websocket"),
        ("sec-fetch-mode", ""),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-dest", "script"),
        ("sec-fetch-dest", "style"),
        ("sec-fetch-dest", "font"),
        ("sec-fetch-dest", "worker"),
        ("sec-fetch-dest", "sharedworker"),
        ("sec-fetch-dest", "serviceworker"),
        ("sec-fetch-dest", "manifest"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-dest", ""),
    ];
    let changed = values.map(|(name, value)| but(name, Some(value)));
    let left_out = ["sec-fetch-site", "sec-fetch-dest"].map(|name| but(name, None));
    let upgraded = [&BY_OWN_PAGE[..], &[("upgrade", "websocket")]].concat();
    for headers in changed.into_iter().chain(left_out).chain([upgraded]) {
        stores_nothing(rescuing(), "GET", &headers, NotStored::NoNavigation).await;
    }
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        stores_nothing(rescuing(), method, &BY_OWN_PAGE, NotStored::Method).await;
    }
}

/// Another site can load our page into a frame. Browsers store no `Lax` cookie there, but they may
/// store a cookie with `SameSite=None`.
#[tokio::test]
async fn a_cookie_that_a_frame_may_store_is_not_stored_by_a_fetch() {
    let anywhere = rescuing().same_site(SameSite::None);
    stores_nothing(anywhere, "GET", &BY_OWN_PAGE, NotStored::NoNavigation).await;
    let strict = Site::open(rescuing().same_site(SameSite::Strict));
    let fetched = get("/pricing?ref=anna-7", &BY_OWN_PAGE);
    assert_eq!(strict.outcome(&fetched), Outcome::Captured);
}

#[tokio::test]
async fn without_the_rescue_a_fetch_stores_nothing() {
    let builder = Referrals::builder().public_origins(["https://shop.example"]);
    stores_nothing(builder, "GET", &BY_OWN_PAGE, NotStored::NoNavigation).await;
}

/// A referral that the app hands in follows the same rule, for every method.
#[tokio::test]
async fn a_referral_that_is_handed_in_by_a_fetch_is_stored_with_the_rescue_alone() {
    let anna = || tower_partnero::Referral::from_code("anna-7").unwrap();
    for (builder, method, lines) in [
        (rescuing(), "GET", 1),
        (rescuing(), "POST", 1),
        (Referrals::builder(), "GET", 0),
    ] {
        let referrals = builder.build().unwrap();
        let (parts, ()) = request(method, "/welcome", &BY_OWN_PAGE).into_parts();
        let mut response = http::Response::new(());
        referrals.store(&parts, anna()).apply(&mut response);
        assert_eq!(super::cookies(response.headers()).len(), lines, "{method}");
    }
}
