//! Any cookies that a browser sends, also those of another subdomain. Each line of input is one header
//! line. The first byte chooses the policy.
#![no_main]

use std::sync::LazyLock;

use http::header::{COOKIE, HOST, HeaderValue, SET_COOKIE};
use http::{Method, Request, Response, Uri};
use libfuzzer_sys::fuzz_target;
use tower_partnero::capture::consent;
use tower_partnero::context::Consent;
use tower_partnero::{Attribution, Outcome, ReferralSource, Referrals};
use tower_partnero_fuzz::{check, check_stored, lines};

static POLICIES: LazyLock<[Referrals; 3]> = LazyLock::new(|| {
    let builder = Referrals::builder;
    [
        builder(),
        builder().attribution(Attribution::FirstTouch),
        builder().consent(consent::by_cookie("consent", "yes")),
    ]
    .map(|builder| builder.build().unwrap())
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, cookies)) = data.split_first() else {
        return;
    };
    let referrals = &POLICIES[usize::from(*choice) % POLICIES.len()];
    let mut headers = lines(&COOKIE, cookies);
    headers.insert(HOST, HeaderValue::from_static("www.shop.example"));

    let context = check(referrals, &Uri::from_static("/"), &headers);
    match &context.referral {
        Some(referral) => {
            assert_eq!(context.outcome, Outcome::Remembered);
            assert_eq!(referral.source(), ReferralSource::Cookie);
            let mut response = Response::new(());
            let (mut parts, ()) = Request::new(()).into_parts();
            parts.headers = headers.clone();
            referrals.renew(&parts).apply(&mut response);
            check_stored(referrals, response.headers(), referral.key());
        }
        None => assert!(matches!(
            context.outcome,
            Outcome::NotReferred | Outcome::Ignored(_) | Outcome::ConsentWithdrawn
        )),
    }

    let landing = check(referrals, &Uri::from_static("/?ref=anna-7"), &headers);
    assert_eq!(landing.consent, context.consent);
    assert_eq!(
        landing.referral.is_none(),
        landing.consent == Consent::Withdrawn
    );

    let sign_up = Uri::from_static("/signup");
    let context = referrals.evaluate(&Method::POST, &sign_up, &headers);
    let mut response = Response::new(());
    referrals.spend(&context).apply(&mut response);
    let removed = response.headers().get_all(SET_COOKIE).iter();
    let mut removed: Vec<_> = removed.map(|line| line.to_str().unwrap()).collect();
    removed.retain(|line| !line.starts_with("partnero_referral_before=; "));
    // Two domains and this host only, with two paths; our own scope and the script's are among them.
    assert!(removed.len() <= 6, "{removed:?}");
    for line in &removed {
        let attributes = line.strip_prefix("partnero_referral=; ").unwrap();
        assert!(
            attributes.split("; ").any(|pair| pair == "Max-Age=0"),
            "{line}"
        );
        let domain = attributes
            .split("; ")
            .find_map(|pair| pair.strip_prefix("Domain="));
        assert!(
            matches!(domain, None | Some("www.shop.example" | "shop.example")),
            "{line}"
        );
    }
    assert!(context.referral.is_none() || !removed.is_empty());
});
