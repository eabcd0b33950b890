//! Any query of a landing page.
#![no_main]

use std::sync::LazyLock;

use http::{HeaderMap, Uri};
use libfuzzer_sys::fuzz_target;
use tower_partnero::{Outcome, ReferralKey, ReferralSource, Referrals};
use tower_partnero_fuzz::check;

const PARAMETERS: [&str; 2] = ["ref", "via"];

static REFERRALS: LazyLock<Referrals> = LazyLock::new(|| {
    let builder = Referrals::builder().parameters(PARAMETERS);
    builder.build().unwrap()
});

fuzz_target!(|query: &[u8]| {
    let Ok(uri) = Uri::try_from([b"/?", query].concat()) else {
        return;
    };
    let context = check(&REFERRALS, &uri, &HeaderMap::new());
    // A plain `?` and `&amp;` stand between two pairs as `&` does.
    let mut query = uri.query().unwrap().to_owned();
    while query.contains("&amp;") {
        query = query.replace("&amp;", "&");
    }
    let query = query.replace('?', "&");
    let is_named = |name: &str| PARAMETERS.contains(&name);
    if let Some(referral) = context.referral {
        assert_eq!(context.outcome, Outcome::Captured);
        assert_eq!(referral.source(), ReferralSource::Query);
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.any(|(name, value)| {
            is_named(&name) && ReferralKey::try_from(&*value).as_ref() == Ok(referral.key())
        });
        assert!(found, "another reader finds the key, too");
    } else {
        let raw_name = |pair: &str| is_named(pair.split('=').next().unwrap());
        let named = query.split('&').any(raw_name);
        assert_eq!(named, context.ignored.is_some());
        assert_eq!(named, context.outcome != Outcome::NotReferred);
    }
});
