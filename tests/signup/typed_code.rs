//! A code that the visitor typed, beside the cookie of a link.

use std::time::Duration;

use tokio::time::timeout;
use tower_partnero::delivery::{CreditedKey, UnreferredReason};
use tower_partnero::sandbox::{Fault, Sandbox, switches::UnknownReferrer};
use tower_partnero::{Client, ErrorKind, Referral, Registration, SignupHook};

use super::{ANNA, ANNA_ID, REFERRED, Shop, ben, client, set_cookie, visit};

/// The example in the docs of `SignupHook::with_referral`.
async fn with_code(hook: SignupHook, client: &Client, code: &str) -> SignupHook {
    let Ok(referral) = Referral::from_code(code) else {
        return hook;
    };
    let customers = client.customers();
    let asked = timeout(
        Duration::from_secs(2),
        customers.get(referral.key().as_str()),
    )
    .await;
    match asked.map(|found| found.map_err(|error| error.kind())) {
        Ok(Err(ErrorKind::NotFound | ErrorKind::InvalidInput)) => hook,
        _ => hook.with_referral(referral),
    }
}

fn hook(shop: &Shop) -> SignupHook {
    let cookie = format!("partnero_referral={ANNA}");
    shop.signups.hook(&visit(&cookie)).unwrap()
}

#[tokio::test]
async fn a_code_that_nobody_has_leaves_the_link_its_credit() {
    let shop = Shop::open_with_defaults().await;
    let hook = hook(&shop).with_referral(Referral::from_code("typo").ok());
    let outcome = hook.sign_up(ben()).await;
    let by_link = Registration::Referred(CreditedKey::RunnerUp);
    assert_eq!(outcome.registration(), Some(by_link));
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
    assert!(set_cookie(outcome).is_some(), "the cookie goes");
}

/// The trouble that the docs warn about.
#[tokio::test]
async fn a_code_that_partnero_ignores_costs_the_referrer_her_friend() {
    let sandbox = Sandbox::builder().switch(UnknownReferrer::Unreferred);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    let hook = hook(&shop).with_referral(Referral::from_code("typo").ok());
    let outcome = hook.sign_up(ben()).await;
    let ignored = Registration::Unreferred(UnreferredReason::ReferrerIgnored);
    assert_eq!(outcome.registration(), Some(ignored));
    assert_eq!(shop.referrer_of("2"), None);
}

#[tokio::test]
async fn a_code_that_is_asked_for_first_costs_nobody_anything() {
    for code in ["", "typo", "..", ANNA] {
        let shop = Shop::open_with_defaults().await;
        let hook = with_code(hook(&shop), &client(&shop.sandbox), code).await;
        let outcome = hook.sign_up(ben()).await;
        assert_eq!(outcome.registration(), Some(REFERRED), "{code}");
    }
}

#[tokio::test]
async fn a_code_counts_while_nobody_can_be_asked() {
    let shop = Shop::open_with_defaults().await;
    shop.sandbox.inject(Fault::status(503));
    let hook = with_code(hook(&shop), &client(&shop.sandbox), "carla-3").await;
    assert_eq!(hook.referral().unwrap().key(), "carla-3");
}
