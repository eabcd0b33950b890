//! Companions that we did not sign, or that we signed for another policy or another browser.

use tower_partnero::capture::companion::SigningKeys;
use tower_partnero::detour::{Detour, InvalidToken};
use tower_partnero::{Outcome, Referrals};

use super::{NAME, after, keys, land, policy, renewed, shop, touches};
use crate::Site;

/// A companion without our signature, with a signature by an attacker's key, or ours with a changed
/// letter: it proves nothing, and the referral counts as without a companion.
#[tokio::test]
async fn a_forged_companion_gives_no_time() {
    let mallory = Site::open(Referrals::builder().companion(keys(9)));
    let (theirs, _) = land(&mallory, "/?ref=anna-7", "").await;
    let (ours, plain) = land(&shop(), "/?ref=anna-7", "").await;
    let value = ours.split_once('=').unwrap().1;
    let changed = |index: usize| {
        let mut changed = value.to_owned();
        let letter = if &changed[index..=index] == "A" {
            "B"
        } else {
            "A"
        };
        changed.replace_range(index..=index, letter);
        format!("{NAME}={changed}")
    };
    for forged in [
        theirs,
        changed(0),
        changed(8),
        changed(value.len() - 3),
        format!("{NAME}="),
        format!("{NAME}=anna-7"),
        format!("{NAME}=\u{1f3ab}"),
        format!("{NAME}={}", "A".repeat(500)),
        format!("{NAME}={}", value.repeat(2)),
        format!("{NAME}={}", "A".repeat(10_000)),
    ] {
        let context = after(&shop(), 0, "/", &format!("{plain}; {forged}"));
        assert_eq!(context.outcome, Outcome::Remembered, "{forged}");
        let unknown = ("anna-7".to_owned(), None);
        assert_eq!(touches(&context), [unknown.clone(), unknown], "{forged}");
        let alone = after(&shop(), 0, "/", &forged);
        assert_eq!(
            (alone.outcome, alone.first_touch()),
            (Outcome::NotReferred, None)
        );
    }
}

/// Another subdomain cannot write a `__Host-` cookie. But in a browser without support for prefixes, or
/// where the cookie is shared by `Domain`, it can store a companion that we signed for somebody else.
#[tokio::test]
async fn a_tossed_companion_credits_nobody_by_itself() {
    for site in [shop(), Site::open(policy().domain("shop.example"))] {
        let (tossed, _) = land(&site, "/?ref=mallory", "").await;
        let alone = after(&site, 0, "/", &tossed);
        assert_eq!(
            (alone.outcome, alone.referral),
            (Outcome::NotReferred, None)
        );

        // Beside the visitor's own referral it changes nothing but a time that was unknown.
        let jar = format!("partnero_referral=anna-7; {tossed}");
        let beside = after(&site, 0, "/", &jar);
        assert_eq!(beside.referral.as_ref().unwrap().key().as_str(), "anna-7");
        assert_eq!(touches(&beside)[1], ("anna-7".into(), None));
    }
}

#[tokio::test]
async fn the_key_before_is_believed_and_signs_no_more() {
    let (companion, plain) = land(&shop(), "/?ref=anna-7", "").await;
    let jar = format!("{plain}; {companion}");
    let rotated = keys(2).previous([1; 32]).unwrap();
    let rotated = Site::open(Referrals::builder().companion(rotated));
    assert_eq!(after(&rotated, 30, "/", &jar).outcome, Outcome::Expired);

    let (_, jar) = renewed(&rotated, 1, &jar);
    let new_only = Site::open(Referrals::builder().companion(keys(2)));
    assert_eq!(after(&new_only, 30, "/", &jar).outcome, Outcome::Expired);
    let old_only = after(&shop(), 30, "/", &jar);
    assert_eq!(touches(&old_only)[1].1, None, "the old key signs no more");
}

/// Two programs share one secret: a companion of one does not count in the other.
#[tokio::test]
async fn a_companion_of_another_policy_is_not_believed() {
    let (companion, _) = land(&shop(), "/?ref=anna-7", "").await;
    let value = companion.split_once('=').unwrap().1;
    for (other, name) in [
        (policy().cookie_name("partnero_partner"), "partnero_partner"),
        (policy().domain("shop.example"), "partnero_referral"),
        // Only the domain differs from the next policy.
        (policy().domain("other.example"), "partnero_referral"),
    ] {
        let other = Site::open(other);
        let (own, _) = land(&other, "/?ref=anna-7", "").await;
        let own_name = own.split_once('=').unwrap().0;
        let jar = format!("{name}=anna-7; {own_name}={value}");
        assert_eq!(touches(&after(&other, 30, "/", &jar))[1].1, None);
        let jar = format!("{name}=anna-7; {own}");
        assert_eq!(after(&other, 30, "/", &jar).outcome, Outcome::Expired);
        let elsewhere = Site::open(policy().domain("third.example"));
        assert_eq!(touches_of_any(&elsewhere, &jar), None);
    }
}

/// One secret for both, and the purpose of the detour is the name of the cookie.
#[tokio::test]
async fn a_companion_is_no_token_and_a_token_no_companion() {
    let (companion, plain) = land(&shop(), "/?ref=anna-7", "").await;
    let detour = Detour::new(keys(1), NAME).unwrap();
    let value = companion.split_once('=').unwrap().1;
    assert_eq!(detour.open(value, ""), Err(InvalidToken::Forged));
    let token = detour.token(&"anna-7".parse().unwrap(), "");
    let jar = format!("{plain}; {NAME}={token}");
    assert_eq!(touches(&after(&shop(), 0, "/", &jar))[1].1, None);
}

fn touches_of_any(site: &Site, jar: &str) -> Option<std::time::SystemTime> {
    after(site, 0, "/", jar).last_touch()?.at()
}

#[test]
fn no_debug_prints_the_secret() {
    let secret = SigningKeys::new(b"one key for every process of it!").unwrap();
    let builder = Referrals::builder().companion(secret);
    let printed = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!printed.contains("one key"), "{printed}");
}
