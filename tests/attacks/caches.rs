//! Cache poisoning: a cache gives one visitor's cookie to another visitor, or shows one visitor who
//! referred another.

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};

use http::header::CACHE_CONTROL;
use http::{Request, Response};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_partnero::{NotStored, Outcome, Referrals};

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

    let sign_up = get("/signup", &[("cookie", "partnero_referral=anna-7")]);
    let mut response = http::Response::new(());
    let context = site.context(&sign_up);
    site.referrals.spend(&context).apply(&mut response);
    assert_eq!(response.headers()[CACHE_CONTROL], "private, no-store");
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
        .answering("cache-control", "max-age=600")
        .answering("cache-control", "public");
    let headers = site.send(get("/?ref=anna-7", &[])).await;
    assert_eq!(headers, site.answer, "said in a line of its own");
    let site = Site::open(Referrals::builder().leave_public_pages(true))
        .answering("cache-control", "no-cache");
    assert_eq!(
        site.cookies(get("/?ref=anna-7", &[])).await.len(),
        1,
        "any other page is captured"
    );
}

/// A page that names the referrer has a `Vary` with each header that the referrer was read from, so a
/// cache does not show the page to the next visitor. With the rescue this includes `Referer`, which
/// anybody can write.
#[test]
fn a_page_by_referral_says_that_it_varies() {
    let rescue = || {
        let builder = Referrals::builder().public_origins(["https://shop.example"]);
        builder.referer_rescue(true)
    };
    for (builder, varies) in [
        (Referrals::builder(), &["accept", "Cookie"][..]),
        (rescue(), &["accept", "Cookie", "Referer", "Sec-Fetch-Site"]),
    ] {
        let site = Site::open(builder);
        let mut response = http::Response::builder()
            .header("vary", "accept")
            .body(())
            .unwrap();
        site.referrals.vary().apply(&mut response);
        site.referrals.vary().apply(&mut response);
        let lines: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert_eq!(lines, varies);
    }
    let planted = get(
        "/",
        &[
            ("referer", "https://shop.example/?ref=mallory"),
            ("sec-fetch-mode", "cors"),
        ],
    );
    assert_eq!(
        Site::open(rescue()).key(&planted).as_deref(),
        Some("mallory")
    );
}

/// The observer is told that the key was not stored.
#[tokio::test]
async fn a_public_page_that_stays_so_is_counted_so() {
    for (said, outcome) in [
        ("public", Outcome::NotStored(NotStored::PublicPage)),
        ("no-cache", Outcome::Captured),
    ] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearer = heard.clone();
        let builder = Referrals::builder().leave_public_pages(true);
        let builder =
            builder.on_outcome(move |context| hearer.lock().unwrap().push(context.outcome));
        let site = Site::open(builder).answering("cache-control", said);
        site.send(get("/?ref=anna-7", &[])).await;
        assert_eq!(*heard.lock().unwrap(), [outcome], "{said}");
        assert_eq!(outcome.to_string(), outcome.as_str());
    }
}

/// The observer also counts a request whose app fails, or whose visitor has gone.
#[tokio::test]
async fn what_gets_no_answer_is_counted_whatever_pages_are_left() {
    for leave in [false, true] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearer = heard.clone();
        let builder = Referrals::builder().leave_public_pages(leave);
        let builder =
            builder.on_outcome(move |context| hearer.lock().unwrap().push(context.outcome));
        let layer = builder.build().unwrap().layer();
        let fails = service_fn(async |_: Request<()>| Err::<Response<()>, _>("timed out"));
        let failed = layer.layer(fails).oneshot(get("/?ref=anna-7", &[])).await;
        failed.unwrap_err();
        let hangs = service_fn(|_: Request<()>| pending::<Result<Response<()>, Infallible>>());
        drop(layer.layer(hangs).call(get("/?ref=ben", &[])));
        assert_eq!(*heard.lock().unwrap(), [Outcome::Captured; 2], "{leave}");
    }
}

/// An observer may panic, for example on a poisoned lock. It must not be called while a first panic
/// unwinds: a second panic in one thread ends the process.
#[tokio::test]
async fn a_handler_and_an_observer_that_panic_fail_one_request() {
    let builder = Referrals::builder().leave_public_pages(true);
    let builder = builder.on_outcome(|_| panic!("the observer's"));
    let layer = builder.build().unwrap().layer();
    let panics = service_fn(async |_: Request<()>| -> Result<Response<()>, Infallible> {
        panic!("the handler's");
    });
    let request = layer.layer(panics).oneshot(get("/?ref=anna-7", &[]));
    assert!(tokio::spawn(request).await.unwrap_err().is_panic());
}
