//! A second sign-up on one device, and how its outcomes are counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tower_partnero::Referrals;

use super::{Site, get, request};

#[tokio::test]
async fn the_second_sign_up_finds_nothing_to_spend() {
    let site = Site::open(Referrals::builder());
    let first = request("POST", "/signup", &[("cookie", "partnero_referral=anna-7")]);
    let mut response = http::Response::new(());
    site.referrals
        .spend(&site.context(&first))
        .apply(&mut response);
    let lines = super::cookies(response.headers());
    assert!(lines[0].starts_with("partnero_referral=; ") && lines[0].contains("Max-Age=0"));

    // The browser has dropped the cookie.
    let second = request("POST", "/signup", &[]);
    assert_eq!(site.key(&second), None);
    let mut response = http::Response::new(());
    site.referrals
        .spend(&site.context(&second))
        .apply(&mut response);
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn every_request_is_counted_once_with_its_reason() {
    let counts: Arc<Mutex<BTreeMap<&str, u32>>> = Arc::default();
    let counter = counts.clone();
    let site = Site::open(Referrals::builder().on_outcome(move |context| {
        *counter
            .lock()
            .unwrap()
            .entry(context.outcome.as_str())
            .or_default() += 1;
    }));
    for visit in [
        get("/", &[]),
        get("/?ref=anna-7", &[]),
        get("/?ref=anna-7", &[("cookie", "partnero_referral=anna-7")]),
        get("/cart", &[("cookie", "partnero_referral=anna-7")]),
        get("/cart", &[("cookie", "partnero_referral=anna-7")]),
        get("/?ref=%00", &[]),
        get("/?ref=anna-7", &[("sec-fetch-dest", "iframe")]),
    ] {
        site.send(visit).await;
    }
    let counts = counts.lock().unwrap().clone();
    let expected = [
        ("captured", 1),
        ("ignored", 1),
        ("not_referred", 1),
        ("not_stored_embedded", 1),
        ("remembered", 2),
        ("unchanged", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}
