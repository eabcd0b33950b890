//! Every rung of the ladder, under every answer that Partnero might give.

use std::time::Duration;

use http::Method;
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::{ExistingReferrer, UnreferredReason};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{
    CustomerShape, DuplicateCustomer, ErrorMap, ReferrerEcho, UnknownReferrer,
};
use tower_partnero::{Delivery, ErrorKind, NewCustomer, Referral, Registration, Sandbox, Signups};

use super::{ANNA, ANNA_ID, Shop, client, referrals, set_cookie, visit};

fn ben() -> NewCustomer {
    NewCustomer::new(2).email("ben@shop.example").name("Ben")
}

#[tokio::test]
async fn a_referred_sign_up_is_credited() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(outcome.registration(), Some(Registration::Referred));
    assert!(outcome.customer().unwrap().referral_link.is_some());
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
}

#[tokio::test]
async fn an_unreferred_sign_up_is_created_all_the_same() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop.sign_up("session=1", ben()).await;
    assert_eq!(
        outcome.registration(),
        Some(Registration::Unreferred(UnreferredReason::NotReferred))
    );
    assert_eq!(shop.referrer_of("2"), None);
}

#[tokio::test]
async fn an_unknown_referrer_does_not_cost_the_customer() {
    for &unknown in UnknownReferrer::ALL {
        for &errors in ErrorMap::ALL {
            let sandbox = Sandbox::builder()
                .switch(unknown)
                .switch(errors)
                .start()
                .await;
            let shop = Shop::open(sandbox.unwrap()).await;
            let outcome = shop.sign_up_by("nobody", ben()).await;
            let reason = match unknown {
                UnknownReferrer::Unreferred => UnreferredReason::ReferrerIgnored,
                _ => UnreferredReason::UnknownReferrer,
            };
            assert_eq!(
                outcome.registration(),
                Some(Registration::Unreferred(reason)),
                "{unknown:?} {errors:?}"
            );
            assert!(shop.knows("2"));
            assert!(set_cookie(outcome).is_some(), "a spent referral goes");
        }
    }
}

#[tokio::test]
async fn a_refused_referrer_who_exists_loses_nothing() {
    let shop = Shop::open_with_defaults().await;
    shop.sandbox.refuse_referrer(ANNA);
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(outcome.error().unwrap().kind(), ErrorKind::Rejected);
    assert!(!shop.knows("2"), "unreferred it could never be credited");
    assert_eq!(set_cookie(outcome), None, "the next try needs the referral");

    shop.sandbox.clear_faults();
    let again = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(again.registration(), Some(Registration::Referred));
}

/// Partnero's path also takes identifiers and e-mail addresses, so Anna is found under them. They
/// are nobody's key all the same, and anybody can put them into a link.
#[tokio::test]
async fn an_identifier_or_address_in_a_link_does_not_cost_the_customer() {
    for &shape in CustomerShape::ALL {
        for (link, unknown) in [
            (ANNA_ID, UnknownReferrer::BadRequest),
            ("anna%40shop.example", UnknownReferrer::NotFound),
        ] {
            let sandbox = Sandbox::builder()
                .switch(unknown)
                .switch(shape)
                .start()
                .await;
            let shop = Shop::open(sandbox.unwrap()).await;
            let outcome = shop.sign_up_by(link, ben()).await;
            let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
            assert_eq!(outcome.registration(), Some(unreferred), "{link} {shape:?}");
        }
    }
}

/// The customer is there and credited; only the question whose referral is on record fails.
#[tokio::test]
async fn a_question_that_fails_after_the_success_costs_nothing() {
    let sandbox = Sandbox::builder()
        .switch(ReferrerEcho::Id)
        .switch(CustomerShape::KeyOnly);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    shop.sandbox
        .inject(Fault::status(500).on(Method::GET, "/v1/customers"));
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(outcome.registration(), Some(Registration::Referred));
    assert!(set_cookie(outcome).is_some(), "the referral is spent");
}

#[tokio::test]
async fn a_second_report_finds_the_first() {
    for &duplicate in DuplicateCustomer::ALL {
        for &errors in ErrorMap::ALL {
            for &shape in CustomerShape::ALL {
                for &echo in ReferrerEcho::ALL {
                    let case = format!("{duplicate:?} {errors:?} {shape:?} {echo:?}");
                    let sandbox = Sandbox::builder()
                        .switch(duplicate)
                        .switch(errors)
                        .switch(shape)
                        .switch(echo);
                    let shop = Shop::open(sandbox.start().await.unwrap()).await;
                    let _first = shop.sign_up_by(ANNA, ben()).await;
                    let second = shop.sign_up_by(ANNA, ben()).await;
                    assert_eq!(
                        second.registration(),
                        Some(expected(duplicate, shape, echo)),
                        "{case}"
                    );
                    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID), "{case}");
                    assert_eq!(shop.sandbox.customers().len(), 2, "{case}");
                }
            }
        }
    }
}

/// What can be known of a second report from what Partnero says.
fn expected(
    duplicate: DuplicateCustomer,
    shape: CustomerShape,
    echo: ReferrerEcho,
) -> Registration {
    let referrer = match (echo, shape) {
        (ReferrerEcho::Null, _) => ExistingReferrer::None,
        // Not named at all, or by an identifier of which nothing ever shows whose it is.
        (ReferrerEcho::Absent, _) | (ReferrerEcho::Id, CustomerShape::KeyOnly) => {
            ExistingReferrer::Unknown
        }
        _ => ExistingReferrer::Same,
    };
    match (duplicate, referrer) {
        // Answered like a first report, it cannot be told from one.
        (DuplicateCustomer::Existing, ExistingReferrer::Same | ExistingReferrer::Unknown) => {
            Registration::Referred
        }
        (DuplicateCustomer::Existing, _) => {
            Registration::Unreferred(UnreferredReason::ReferrerIgnored)
        }
        (_, referrer) => Registration::Existing(referrer),
    }
}

#[tokio::test]
async fn an_existing_customer_is_compared_with_the_referral() {
    for &duplicate in DuplicateCustomer::ALL {
        let sandbox = Sandbox::builder().switch(duplicate).start().await.unwrap();
        let shop = Shop::open(sandbox).await;
        let carla = NewCustomer::new(3).key("carla").email("carla@shop.example");
        assert!(shop.sign_up("", carla).await.error().is_none());

        assert!(shop.sign_up_by(ANNA, ben()).await.error().is_none());
        let other = shop.sign_up_by("carla", ben()).await;
        assert_eq!(
            other.registration(),
            Some(Registration::Existing(ExistingReferrer::Other))
        );

        let dora = || NewCustomer::new(4).email("dora@shop.example");
        assert!(shop.sign_up("", dora()).await.error().is_none());
        let late = shop.sign_up_by("carla", dora()).await;
        let expected = match duplicate {
            DuplicateCustomer::Existing => {
                Registration::Unreferred(UnreferredReason::ReferrerIgnored)
            }
            _ => Registration::Existing(ExistingReferrer::None),
        };
        assert_eq!(late.registration(), Some(expected), "{duplicate:?}");
    }
}

#[tokio::test]
async fn a_key_or_address_of_somebody_else_is_no_success() {
    for duplicate in [
        DuplicateCustomer::Unprocessable,
        DuplicateCustomer::Conflict,
    ] {
        let sandbox = Sandbox::builder().switch(duplicate).start().await.unwrap();
        let shop = Shop::open(sandbox).await;
        for customer in [
            NewCustomer::new(2).key(ANNA),
            NewCustomer::new(2).email("anna@shop.example"),
            // Anna's key as an identifier: the address of one customer, the name of another.
            NewCustomer::new(ANNA).key(ANNA).email("x@shop.example"),
        ] {
            let outcome = shop.sign_up("", customer).await;
            let kind = outcome.error().unwrap().kind();
            assert!(
                matches!(kind, ErrorKind::Invalid | ErrorKind::Conflict),
                "{kind:?}"
            );
        }
        assert_eq!(shop.sandbox.customers().len(), 1);
    }
}

#[tokio::test]
async fn the_own_link_refers_nobody() {
    let shop = Shop::open_with_defaults().await;
    for (id, customer) in [
        ("bens-key", NewCustomer::new("5").key("bens-key")),
        ("6", NewCustomer::new("6")),
    ] {
        let outcome = shop.sign_up_by(id, customer).await;
        assert_eq!(
            outcome.registration(),
            Some(Registration::Unreferred(UnreferredReason::SelfReferral))
        );
    }
    let sent = shop.sandbox.requests();
    assert!(
        sent.iter()
            .all(|request| request.body.get("referring_customer").is_none())
    );
}

#[tokio::test]
async fn the_apps_own_referrer_comes_first() {
    let shop = Shop::open_with_defaults().await;
    let customer = ben().referring_customer(CustomerRef::id(ANNA_ID));
    let outcome = shop.sign_up_by("nobody", customer).await;
    assert_eq!(outcome.registration(), Some(Registration::Referred));
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
}

#[tokio::test]
async fn a_typed_code_comes_before_the_cookie() {
    let shop = Shop::open_with_defaults().await;
    let hook = shop
        .signups
        .hook(&visit("partnero_referral=nobody"))
        .unwrap();
    let typed = Referral::from_code(ANNA).ok();
    let outcome = hook.with_referral(typed).sign_up(ben()).await;
    assert_eq!(outcome.registration(), Some(Registration::Referred));
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
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
        // Created, refused or found: each rung's second question is not answered either.
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
    let delivery = Delivery::direct(client(sandbox)).deadline(Duration::from_millis(500));
    Signups::new(referrals(), delivery)
}
