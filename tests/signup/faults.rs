//! Failures of any of the calls that a sign-up makes.

use std::time::Duration;

use http::Method;
use tower_partnero::delivery::ExistingReferrer;
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{CustomerShape, ReferrerEcho};
use tower_partnero::{Delivery, Registration, Sandbox, Signups};

use super::{ANNA, ANNA_ID, REFERRED, Shop, ben, client, referrals, set_cookie};

/// The customer is created and credited. Only the call fails that asks which referrer is recorded.
#[tokio::test]
async fn a_question_that_fails_after_the_success_costs_nothing() {
    let sandbox = Sandbox::builder()
        .switch(ReferrerEcho::Id)
        .switch(CustomerShape::KeyOnly);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    shop.sandbox
        .inject(Fault::status(500).on(Method::GET, "/v1/customers"));
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(outcome.registration(), Some(REFERRED));
    assert!(set_cookie(outcome).is_some(), "the referral is spent");
}

fn on_create(fault: Fault) -> Fault {
    fault.on(Method::POST, "/v1/customers").times(1)
}

#[tokio::test]
async fn a_lost_answer_is_found_by_the_clients_own_retry() {
    for fault in [Fault::cut_after(), Fault::status(503).after_effect()] {
        let shop = Shop::open_with_defaults().await;
        shop.sandbox.inject(on_create(fault.clone()));
        let outcome = shop.sign_up_by(ANNA, ben()).await;
        let found = Registration::Existing(ExistingReferrer::Same);
        assert_eq!(outcome.registration(), Some(found), "{fault:?}");
        assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
        assert!(set_cookie(outcome).is_some(), "the referral is spent");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_by_the_visitors_next_try() {
    for fault in [
        Fault::hang_after(),
        Fault::answer(200, "<html>", "text/html").after_effect(),
    ] {
        let mut shop = Shop::open_with_defaults().await;
        shop.signups = hasty_signups(&shop.sandbox);
        shop.sandbox.inject(on_create(fault.clone()));
        let first = shop.sign_up_by(ANNA, ben()).await;
        assert!(first.error().unwrap().is_retryable(), "{fault:?}");
        assert_eq!(set_cookie(first), None);

        let second = shop.sign_up_by(ANNA, ben()).await;
        let found = Registration::Existing(ExistingReferrer::Same);
        assert_eq!(second.registration(), Some(found), "{fault:?}");
        assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
    }
}

#[tokio::test]
async fn a_failure_on_any_rung_keeps_the_referral() {
    for fault in [
        Fault::status(500),
        Fault::status(429),
        Fault::status(401),
        Fault::cut_before(),
        Fault::answer(302, "", "text/plain"),
        // After the first call the second one fails.
        Fault::status(500).on(Method::GET, "/v1/customers"),
    ] {
        let shop = Shop::open_with_defaults().await;
        shop.sandbox.inject(fault.clone());
        let outcome = shop.sign_up_by("nobody", ben()).await;
        assert!(outcome.error().is_some(), "{fault:?}");
        assert_eq!(set_cookie(outcome), None, "{fault:?}");
    }
}

/// Sign-ups that wait for Partnero just long enough to see that it hangs.
fn hasty_signups(sandbox: &Sandbox) -> Signups {
    let delivery = Delivery::from(client(sandbox)).deadline(Duration::from_secs(2));
    Signups::new(referrals(), delivery)
}
