//! Cache poisoning, both ways: one visitor's cookie in another's answer, and a page that shows
//! one visitor's friend to another.

use http::header::CACHE_CONTROL;
use tower_partnero::Referrals;
use tower_partnero::context::VaryCookie;

use super::{Site, cookies, get};

#[tokio::test]
async fn a_shared_cache_never_keeps_an_answer_with_our_cookie() {
    for (said, becomes) in [
        ("public, max-age=600", "private, max-age=600"),
        ("max-age=600, s-maxage=86400", "private, max-age=600"),
        ("PUBLIC", "private"),
        ("no-store", "private, no-store"),
        ("private=\"x-friend\", max-age=60", "private, max-age=60"),
        ("public, x=\"never closed", "private, no-store"),
    ] {
        let site = Site::open(Referrals::builder())
            .answering("cache-control", said)
            .answering("cdn-cache-control", "max-age=86400")
            .answering("surrogate-control", "max-age=86400");
        let headers = site.send(get("/?ref=anna-7", &[])).await;
        assert_eq!(cookies(&headers).len(), 1);
        assert_eq!(headers[CACHE_CONTROL], becomes, "{said}");
        assert!(!headers.contains_key("cdn-cache-control"));
        assert!(!headers.contains_key("surrogate-control"));
    }
}

#[tokio::test]
async fn an_answer_without_our_cookie_stays_as_cacheable_as_it_was() {
    let site = Site::open(Referrals::builder())
        .answering("cache-control", "public, s-maxage=600")
        .answering("cdn-cache-control", "max-age=86400");
    for request in [
        get("/", &[("cookie", "partnero_referral=anna-7")]),
        get("/?ref=anna-7", &[("cookie", "partnero_referral=anna-7")]),
        get("/?ref=", &[]),
        get("/?ref=anna-7", &[("sec-purpose", "prefetch")]),
    ] {
        assert_eq!(site.send(request).await, site.answer);
    }
}

#[tokio::test]
async fn no_store_is_there_by_choice() {
    let site = Site::open(Referrals::builder().no_store(true))
        .answering("cache-control", "public, max-age=9");
    let headers = site.send(get("/?ref=anna-7", &[])).await;
    assert_eq!(headers[CACHE_CONTROL], "private, max-age=9, no-store");
}

#[tokio::test]
async fn a_public_page_stays_public_by_choice() {
    for (name, value) in [
        ("cache-control", "public, max-age=600"),
        ("cache-control", "s-maxage=600"),
        ("cdn-cache-control", "max-age=600"),
    ] {
        let site = Site::open(Referrals::builder().leave_public_pages(true)).answering(name, value);
        assert_eq!(
            site.send(get("/?ref=anna-7", &[])).await,
            site.answer,
            "{name}: {value}"
        );
    }
    let site = Site::open(Referrals::builder().leave_public_pages(true))
        .answering("cache-control", "no-cache");
    assert_eq!(
        site.cookies(get("/?ref=anna-7", &[])).await.len(),
        1,
        "any other page is captured"
    );
}

/// A page that names the friend varies by cookie, so a cache does not show it to the next visitor.
#[test]
fn a_page_by_referral_says_that_it_varies() {
    let mut response = http::Response::builder()
        .header("vary", "accept")
        .body(())
        .unwrap();
    VaryCookie.apply(&mut response);
    VaryCookie.apply(&mut response);
    let lines: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(lines, ["accept", "Cookie"]);
}
