//! The parts that take part in the decision which referral counts.

use std::sync::atomic::{AtomicU64, Ordering};

use http::header::HOST;
use tower_partnero::Referrals;
use tower_partnero::capture::consent;

use super::parts::{landing, with};
use super::requests::{LINK, TWELVE, get};
use super::work::Answer;
use crate::harness::Arm;

const OWN: &str = "https://shop.example";

/// A cookie of a consent tool among other cookies.
const CONSENT: &str =
    "_ga=GA1.2.1203948571.1718000000; theme=dark; cookie_consent=yes; locale=en-GB";

pub(super) fn decided() -> Vec<Arm> {
    let own_page = |referer| {
        let headers = [("sec-fetch-site", "same-origin"), ("referer", referer)];
        with(get("/", ""), &headers)
    };
    let skipped = move || own_page("https://shop.example/tea?ref=anna-7");
    let plain = move || own_page("https://shop.example/tea");
    let by_origin = move |referer| {
        let mut request = own_page(referer);
        request.headers_mut().remove("sec-fetch-site");
        request
    };
    let rescue = || {
        let builder = Referrals::builder().public_origins([OWN]);
        builder.referer_rescue(true)
    };
    let counted = || {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        Referrals::builder().on_outcome(|_| {
            COUNTER.fetch_add(1, Ordering::Relaxed);
        })
    };
    let paths = || Referrals::builder().path_links("ref");
    let frame = || with(get(LINK, ""), &[("sec-fetch-dest", "iframe")]);
    let default = Referrals::builder;
    let (page, link) = (Answer::PLAIN, Answer::CAPTURED);
    vec![
        Arm::new("captured", move || landing(default(), get(LINK, ""), link)),
        Arm::new("the link in a stranger's frame: not stored", move || {
            landing(default(), frame(), page)
        })
        .over("captured"),
        Arm::new("a page of our own before", move || {
            landing(default(), skipped(), page)
        }),
        Arm::new("Referer rescue, a hit, written", move || {
            landing(rescue(), skipped(), link)
        })
        .over("a page of our own before"),
        Arm::new("Referer rescue, a hit by its origin", move || {
            landing(
                rescue(),
                by_origin("https://shop.example/tea?ref=anna-7"),
                link,
            )
        })
        .over("a page of our own before"),
        Arm::new("Referer rescue, a miss", move || {
            landing(rescue(), plain(), page)
        })
        .over("a page of our own before"),
        Arm::new("a page, 12 cookies", move || {
            landing(default(), get("/", TWELVE), page)
        }),
        Arm::new("every outcome counted, a page", move || {
            landing(counted(), get("/", TWELVE), page)
        })
        .over("a page, 12 cookies"),
        Arm::new("every outcome counted, captured", move || {
            landing(counted(), get(LINK, ""), link)
        })
        .over("captured"),
        Arm::new("path links, a page", move || {
            landing(paths(), get("/", TWELVE), page)
        })
        .over("a page, 12 cookies"),
        Arm::new("path link, captured", move || {
            landing(paths(), get("/ref/anna-7", ""), link)
        })
        .over("captured"),
        Arm::new(
            "another key captured, what is in the way removed",
            move || landing(default(), get(LINK, "partnero_referral=ben"), link),
        )
        .over("captured")
        .at_most(8_400.0, 10.0),
        // The most expensive host and path: they make as many removals as the limit allows.
        Arm::new("the same, of a host and a path made for it", move || {
            let target = format!("{}?ref=anna-7", "/a".repeat(384));
            let mut request = get(&target, "partnero_referral=ben");
            let host = "a.".repeat(2_000) + "1";
            let host = host.parse().expect("it is a header value");
            request.headers_mut().insert(HOST, host);
            landing(default(), request, link)
        })
        .over("captured")
        .at_most(60_000.0, 40.0),
    ]
}

/// The same with consent required.
pub(super) fn consented() -> Vec<Arm> {
    let banner = || Referrals::builder().consent(consent::by_cookie("cookie_consent", "yes"));
    let signal = || Referrals::builder().consent(consent::global_privacy_control);
    let default = Referrals::builder;
    let (page, link) = (Answer::PLAIN, Answer::CAPTURED);
    vec![
        Arm::new("captured, with a consent cookie", move || {
            landing(default(), get(LINK, CONSENT), link)
        }),
        Arm::new("consent by cookie, captured", move || {
            landing(banner(), get(LINK, CONSENT), link)
        })
        .over("captured, with a consent cookie"),
        Arm::new("consent by Sec-GPC, captured", move || {
            landing(signal(), get(LINK, CONSENT), link)
        })
        .over("captured, with a consent cookie"),
        Arm::new("consent by cookie, a page", move || {
            landing(banner(), get("/", TWELVE), page)
        })
        .over("a page, 12 cookies"),
        Arm::new("consent by Sec-GPC, a page", move || {
            landing(signal(), get("/", TWELVE), page)
        })
        .over("a page, 12 cookies"),
        Arm::new("consent withdrawn, the cookie removed", move || {
            let kept = "cookie_consent=no; partnero_referral=anna-7";
            landing(banner(), get("/", kept), page)
        })
        .over("a page, 12 cookies"),
    ]
}
