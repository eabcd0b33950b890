//! Tokens of the detour: forged, used in another place, used again; and which of several counts.

use tower_partnero::detour::{Detour, InvalidToken, SigningKeys};
use tower_partnero::{Outcome, Referral, ReferralSource, Referrals};

use super::{Site, get, request};

fn detour(purpose: &str) -> Detour {
    Detour::new(
        SigningKeys::new(b"one key for every process of it!").unwrap(),
        purpose,
    )
    .unwrap()
}

fn anna() -> Referral {
    Referral::from_code("anna-7").unwrap()
}

#[test]
fn a_forged_token_brings_nothing() {
    let mallory = Detour::new(SigningKeys::new([0; 32]).unwrap(), "oauth").unwrap();
    let forged = mallory.token(anna().key(), "nonce");
    assert_eq!(
        detour("oauth").open(&forged, "nonce"),
        Err(InvalidToken::Forged)
    );
    for junk in [
        "anna-7",
        "",
        "../../etc/passwd",
        "AAAA",
        "\u{0}",
        "eyJhbGciOiJub25lIn0.e30.",
    ] {
        assert!(detour("oauth").open(junk, "nonce").is_err(), "{junk}");
    }
}

/// A token of a magic link that somebody puts into an OAuth flow or into another session.
#[test]
fn a_moved_token_brings_nothing() {
    let token = detour("magic-link").token(anna().key(), "user-1");
    assert_eq!(
        detour("oauth").open(&token, "user-1"),
        Err(InvalidToken::Forged)
    );
    assert_eq!(
        detour("magic-link").open(&token, "user-2"),
        Err(InvalidToken::Forged)
    );
    assert!(detour("magic-link").open(&token, "user-1").is_ok());
}

/// A token opens each time in its own context, as the docs say. `tests/signup/token.rs` tests what a
/// second use brings.
#[test]
fn a_replayed_token_is_the_same_referral() {
    let token = detour("oauth").token(anna().key(), "nonce");
    let opened = detour("oauth").open(&token, "nonce");
    assert_eq!(opened, detour("oauth").open(&token, "nonce"));
}

#[test]
fn no_token_and_no_key_prints_the_secret() {
    let printed = format!("{:?}", detour("oauth"));
    assert!(!printed.contains("one key"), "{printed}");
}

#[test]
fn the_most_deliberate_referral_counts() {
    let site = Site::open(Referrals::builder());
    let visit = get(
        "/?ref=from-link",
        &[("cookie", "partnero_referral=from-cookie")],
    );
    let token = detour("oauth").token(&"from-token".parse().unwrap(), "nonce");
    let token = || detour("oauth").open(&token, "nonce").ok();
    let code = || Referral::from_code("from-code").ok();

    let counts = |context: tower_partnero::ReferralContext| {
        let referral = context.referral.unwrap();
        (
            referral.key().to_string(),
            referral.source(),
            context.outcome,
        )
    };
    let context = || site.context(&visit);
    assert_eq!(
        counts(context()),
        ("from-link".into(), ReferralSource::Query, Outcome::Captured)
    );
    let by_token = (
        "from-token".into(),
        ReferralSource::Token,
        Outcome::HandedIn,
    );
    assert_eq!(counts(context().with_referral(token())), by_token);
    let by_code = ("from-code".into(), ReferralSource::Code, Outcome::HandedIn);
    assert_eq!(
        counts(context().with_referral(token()).with_referral(code())),
        by_code
    );
    assert_eq!(
        counts(context().with_referral(code()).with_referral(token())),
        by_code
    );
    let empty_field = Referral::from_code("").ok();
    assert_eq!(
        counts(context().with_referral(empty_field)).1,
        ReferralSource::Query
    );
}

/// After a sign-up by a token the cookie is gone, too: it does not credit the next sign-up.
#[test]
fn a_sign_up_by_token_spends_the_cookie_too() {
    let site = Site::open(Referrals::builder());
    let callback = request(
        "GET",
        "/callback",
        &[("cookie", "partnero_referral=anna-7")],
    );
    let context = site.context(&callback).with_referral(anna());
    let mut response = http::Response::new(());
    site.referrals.spend(&context).apply(&mut response);
    let mut lines = super::cookies(response.headers()).into_iter();
    assert!(lines.any(|line| line.starts_with("partnero_referral=; ")));
}
