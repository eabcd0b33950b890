//! Any `Referer`. The first byte chooses `Sec-Fetch-Site`, which half of the requests do not have. The
//! second line of the input is the browser's cookies.
#![no_main]

use std::sync::LazyLock;

use http::header::{COOKIE, HeaderMap, HeaderValue, REFERER};
use http::{Method, Response, Uri};
use libfuzzer_sys::fuzz_target;
use tower_partnero::{Outcome, ReferralSource, Referrals};
use tower_partnero_fuzz::{check, lines};
use url::Url;

const OWN: [&str; 2] = ["https://shop.example", "http://[::1]:3000"];
const SITES: [&str; 4] = ["same-origin", "same-site", "cross-site", "none"];

static REFERRALS: LazyLock<Referrals> = LazyLock::new(|| {
    let builder = Referrals::builder().public_origins(OWN);
    let builder = builder.referer_rescue(true).path_links("ref");
    builder.build().unwrap()
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let mut parts = data.splitn(2, |&byte| byte == b'\n');
    let Ok(referer) = HeaderValue::from_bytes(parts.next().unwrap_or_default()) else {
        return;
    };
    let mut headers = lines(&COOKIE, parts.next().unwrap_or_default());
    headers.insert(REFERER, referer.clone());
    let site = SITES.get(usize::from(*choice) % (SITES.len() * 2));
    if let Some(site) = site {
        headers.insert("sec-fetch-site", HeaderValue::from_static(site));
    }

    let page = Uri::from_static("/");
    let context = check(&REFERRALS, &page, &headers);
    let rescued = context
        .referral
        .filter(|referral| referral.source() == ReferralSource::Referer);
    let Some(rescued) = rescued else {
        assert_ne!(context.outcome, Outcome::Captured);
        return;
    };
    assert_eq!(context.outcome, Outcome::Captured);
    let text = referer.to_str().unwrap();
    assert!(site.is_none_or(|site| *site == "same-origin"));
    let origin = Url::parse(text).unwrap().origin().ascii_serialization();
    assert!(OWN.contains(&origin.as_str()), "{text} is of {origin}");

    // A referral that a sign-up has used does not come back.
    let context = REFERRALS.evaluate(&Method::POST, &page, &headers);
    let mut response = Response::new(());
    REFERRALS.spend(&context).apply(&mut response);
    let marker = response.headers().get_all("set-cookie").iter();
    let mut marker = marker.filter(|line| line.as_bytes().starts_with(b"partnero_referral_spent="));
    let marker = marker
        .next()
        .unwrap()
        .to_str()
        .unwrap()
        .split("; ")
        .next()
        .unwrap();
    let after = HeaderMap::from_iter([
        (REFERER, referer),
        (COOKIE, HeaderValue::from_str(marker).unwrap()),
        (
            "sec-fetch-site".parse().unwrap(),
            HeaderValue::from_static("same-origin"),
        ),
    ]);
    let after = REFERRALS.evaluate(&Method::GET, &page, &after);
    assert_eq!(after.outcome, Outcome::AlreadySpent, "{rescued:?}");
    assert_eq!(after.referral, None);
});
