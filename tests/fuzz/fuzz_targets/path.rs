//! Any text behind `/ref/`, as a key and as a target. The first byte chooses the policy.
#![no_main]

use std::convert::Infallible;
use std::sync::LazyLock;

use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, Response, StatusCode, Uri};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use tower::Service;
use tower_partnero::capture::PathLinkRedirect;
use tower_partnero::context::Consent;
use tower_partnero::{Outcome, ReferralKey, ReferralSource, Referrals};
use tower_partnero_fuzz::{answer_of, check, get};
use url::Url;

/// A policy that stores the key, and a policy that must pass it on.
static POLICIES: LazyLock<[Referrals; 2]> = LazyLock::new(|| {
    let builder = || Referrals::builder().path_links("ref");
    [builder(), builder().consent(|_| Consent::Unknown)].map(|builder| builder.build().unwrap())
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let Ok(uri) = Uri::try_from([b"/ref/", rest].concat()) else {
        return;
    };
    let referrals = &POLICIES[usize::from(*choice) % POLICIES.len()];
    let context = check(referrals, &uri, &HeaderMap::new());
    if let Some(referral) = &context.referral
        && referral.source() == ReferralSource::Path
    {
        let segment = uri.path().strip_prefix("/ref/").unwrap();
        let segment = segment.strip_suffix('/').unwrap_or(segment);
        let decoded = percent_decode_str(segment).decode_utf8().unwrap();
        // Reading a key drops the blanks around it.
        assert_eq!(decoded.parse::<ReferralKey>().as_ref(), Ok(referral.key()));
    }

    let mut redirect: PathLinkRedirect<()> = referrals.path_link_redirect("/welcome").unwrap();
    let answer: Result<Response<()>, Infallible> =
        answer_of(redirect.call(get(&uri, &HeaderMap::new())));
    let Ok(answer) = answer;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let stores = context.outcome == Outcome::Captured;
    assert_eq!(answer.headers().contains_key(SET_COOKIE), stores);
    let location = answer.headers()[LOCATION].to_str().unwrap();
    stays_on_this_host(location);

    if let (Outcome::NotStored(_), Some(referral)) = (context.outcome, &context.referral) {
        let (_, query) = location.split_once('?').unwrap();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        assert!(pairs.any(|(name, value)| name == "ref" && value == referral.key().as_str()));
        let next = referrals.evaluate(
            &http::Method::GET,
            &location.parse().unwrap(),
            &HeaderMap::new(),
        );
        assert!(next.referral.is_some(), "{location}");
    }
});

/// The target as a browser reads it, and after proxies have decoded it once and twice more.
fn stays_on_this_host(location: &str) {
    let page = Url::parse("https://shop.example/ref/anna-7").unwrap();
    let mut seen = location.to_owned();
    for _ in 0..3 {
        // In a decoded target only the path can lead to another host.
        let path = seen.split(['?', '#']).next().unwrap().to_owned();
        for target in [&seen, &path] {
            let there = page.join(target).unwrap();
            assert_eq!(there.origin(), page.origin(), "{location:?} as {target:?}");
        }
        seen = percent_decode_str(&path).decode_utf8_lossy().into_owned();
    }
}
