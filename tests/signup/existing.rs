//! Sign-ups of customers that Partnero has already.

use http::Method;
use tower_partnero::delivery::ExistingReferrer;
use tower_partnero::delivery::UnreferredReason;
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{
    CustomerShape, DeletedCustomer, DuplicateCustomer, ErrorMap, ReferrerEcho,
};
use tower_partnero::{ErrorKind, NewCustomer, Registration, Sandbox, SignupError, SignupErrorKind};

use super::{ANNA, ANNA_ID, Shop, ben, set_cookie};

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

/// What the outcome of a second report is, for each way in which Partnero may answer it.
fn expected(
    duplicate: DuplicateCustomer,
    shape: CustomerShape,
    echo: ReferrerEcho,
) -> Registration {
    let referrer = match (echo, shape) {
        (ReferrerEcho::Null, _) => ExistingReferrer::None,
        // The answer has no referrer, or one whose identifier no other answer shows.
        (ReferrerEcho::Absent, _) | (ReferrerEcho::Id, CustomerShape::KeyOnly) => {
            ExistingReferrer::Unknown
        }
        _ => ExistingReferrer::Same,
    };
    match (duplicate, referrer) {
        // Partnero answers as to a first report, so the second one looks like the first.
        (DuplicateCustomer::Existing, ExistingReferrer::Same | ExistingReferrer::Unknown) => {
            Registration::Referred
        }
        (DuplicateCustomer::Existing, _) => {
            Registration::Unreferred(UnreferredReason::ReferrerIgnored)
        }
        (_, referrer) => Registration::Existing(referrer),
    }
}

/// Partnero refuses a customer, and then answers with nobody, or with somebody who is deleted.
#[tokio::test]
async fn who_is_nameless_or_deleted_is_not_the_customer() {
    for found in [
        r#"{"data": {"name": "X"}}"#,
        r#"{"data": {"status": "active", "referrals_count": 0}, "status": 1}"#,
        r#"{"data": {"id": "2", "email": "ben@shop.example", "status": "deleted"}}"#,
    ] {
        let shop = Shop::open_with_defaults().await;
        let refusal = Fault::status(422).on(Method::POST, "/v1/customers");
        let found_there = Fault::answer(200, found, "application/json");
        shop.sandbox.inject(refusal);
        shop.sandbox
            .inject(found_there.on(Method::GET, "/v1/customers/2"));
        let outcome = shop.sign_up("", ben()).await;
        let error = outcome.error().expect(found);
        assert_eq!(error.kind(), SignupErrorKind::Partnero(ErrorKind::Invalid));
        assert!(!shop.knows("2"));
    }
    let sandbox = Sandbox::builder().switch(DeletedCustomer::Marked);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    assert!(shop.sign_up("", ben()).await.error().is_none());
    shop.delete("2").await;
    let outcome = shop.sign_up("", ben()).await;
    let kind = outcome.error().map(SignupError::kind);
    assert_eq!(kind, Some(SignupErrorKind::Partnero(ErrorKind::Invalid)));
}

/// A success that names nobody proves nothing, and may be tried again.
#[tokio::test]
async fn a_success_without_a_customer_is_doubt() {
    for answer in [
        r#"{"data": {"name": "X"}}"#,
        r#"{"data": {"message": "maintenance"}, "status": 1}"#,
    ] {
        let shop = Shop::open_with_defaults().await;
        let gateway = Fault::answer(200, answer, "application/json");
        shop.sandbox.inject(gateway);
        let outcome = shop.sign_up("", ben()).await;
        let error = outcome.error().expect(answer);
        assert_eq!(error.kind(), SignupErrorKind::Partnero(ErrorKind::Decode));
        assert!(error.is_retryable());
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

        let unknown = shop.sign_up_by("nobody", ben()).await;
        assert_eq!(
            unknown.registration(),
            Some(Registration::Existing(ExistingReferrer::Other))
        );
        let unreferred = shop.sign_up("", ben()).await;
        let expected = match duplicate {
            // Partnero answers as to a first report.
            DuplicateCustomer::Existing => Registration::Unreferred(UnreferredReason::NotReferred),
            _ => Registration::Existing(ExistingReferrer::Other),
        };
        assert_eq!(unreferred.registration(), Some(expected), "{duplicate:?}");

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
            // The identifier is Anna's key, so Partnero finds Anna under it.
            NewCustomer::new(ANNA).key(ANNA).email("x@shop.example"),
        ] {
            let outcome = shop.sign_up("", customer).await;
            let kind = outcome.error().unwrap().kind();
            assert!(
                matches!(
                    kind,
                    SignupErrorKind::Partnero(ErrorKind::Invalid | ErrorKind::Conflict)
                ),
                "{kind:?}"
            );
        }
        assert_eq!(shop.sandbox.customers().len(), 1);
    }
}

/// Our identifier may be another customer's key. If the answer has no identifier, the key decides
/// whether it is our customer; if one of them has no key, the e-mail address decides.
#[tokio::test]
async fn without_identifiers_the_next_name_that_both_have_decides() {
    for (customer, is_anna) in [
        (
            NewCustomer::new(ANNA).key("x").email("anna@shop.example"),
            false,
        ),
        (
            NewCustomer::new(ANNA).key(ANNA).email("x@shop.example"),
            true,
        ),
        (NewCustomer::new(ANNA).email("x@shop.example"), false),
        (NewCustomer::new(ANNA).email("Anna@Shop.example"), true),
        (NewCustomer::new(ANNA), true),
    ] {
        let sandbox = Sandbox::builder().switch(CustomerShape::KeyOnly);
        let shop = Shop::open(sandbox.start().await.unwrap()).await;
        shop.sandbox
            .inject(Fault::status(422).on(Method::POST, "/v1/customers"));
        let outcome = shop.sign_up("", customer.clone()).await;
        let found = Registration::Existing(ExistingReferrer::Same);
        assert_eq!(
            outcome.registration(),
            is_anna.then_some(found),
            "{customer:?}"
        );
    }
}

/// Somebody deletes the account and signs up again: the app has a new identifier, and Partnero has the
/// old customer. That is an error, because no sale of the new identifier could be credited.
#[tokio::test]
async fn an_old_address_under_a_new_identifier_is_an_error_that_keeps_the_referral() {
    for &duplicate in DuplicateCustomer::ALL {
        for &errors in ErrorMap::ALL {
            let sandbox = Sandbox::builder().switch(duplicate).switch(errors);
            let shop = Shop::open(sandbox.start().await.unwrap()).await;
            assert!(shop.sign_up_by(ANNA, ben()).await.error().is_none());
            for referrer in ["", "partnero_referral=anna-7", "partnero_referral=nobody"] {
                let again = NewCustomer::new(3).email("ben@shop.example");
                let outcome = shop.sign_up(referrer, again).await;
                let error = outcome.error().expect("no customer of this identifier");
                let kind = match duplicate {
                    DuplicateCustomer::Unprocessable => ErrorKind::Invalid,
                    _ => ErrorKind::Conflict,
                };
                let kind = SignupErrorKind::Partnero(kind);
                assert_eq!(error.kind(), kind, "{duplicate:?} {referrer}");
                assert!(!error.is_retryable());
                assert_eq!(set_cookie(outcome), None, "the referral is not spent");
            }
            assert!(!shop.knows("3"));
            assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
        }
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_customer() {
    for &duplicate in DuplicateCustomer::ALL {
        let sandbox = Sandbox::builder().switch(duplicate).start().await.unwrap();
        let shop = Shop::open(sandbox).await;
        let (first, second) =
            tokio::join!(shop.sign_up_by(ANNA, ben()), shop.sign_up_by(ANNA, ben()));
        for outcome in [first, second] {
            let registration = outcome.registration().unwrap();
            assert!(
                matches!(
                    registration,
                    Registration::Referred | Registration::Existing(ExistingReferrer::Same)
                ),
                "{duplicate:?} {registration:?}"
            );
            assert!(set_cookie(outcome).is_some());
        }
        assert_eq!(shop.sandbox.customers().len(), 2);
        assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
    }
}

/// In most sources of Partnero's API `id` is the app's own identifier, but not in all. The customer
/// is ours if our identifier leads to the same answer.
#[tokio::test]
async fn an_answer_may_name_a_customer_of_ours_in_another_way() {
    let shop = Shop::open_with_defaults().await;
    let theirs = r#"{"data": {"id": "theirs", "key": "k", "referring_customer": null}}"#;
    shop.sandbox
        .inject(Fault::answer(200, theirs, "application/json").on(Method::POST, "/v1/customers"));
    let stranger = shop.sign_up("", ben()).await;
    let conflict = SignupErrorKind::Partnero(ErrorKind::Conflict);
    assert_eq!(stranger.error().unwrap().kind(), conflict);
    let carla = r#"{"data": {"id": "carla", "key": "2"}}"#;
    let on_read = Fault::answer(200, carla, "application/json").on(Method::GET, "/v1/customers");
    shop.sandbox.inject(on_read.times(2));
    let stranger = shop.sign_up("", ben()).await;
    assert_eq!(stranger.error().unwrap().kind(), conflict);
    shop.sandbox
        .inject(Fault::answer(200, theirs, "application/json"));
    let ours = shop.sign_up("", ben()).await;
    let created = Registration::Unreferred(UnreferredReason::NotReferred);
    assert_eq!(ours.registration(), Some(created));
}
