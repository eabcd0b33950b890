//! Sign-ups of customers that Partnero has already.

use http::Method;
use tower_partnero::delivery::ExistingReferrer;
use tower_partnero::delivery::UnreferredReason;
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{
    CustomerShape, DeletedCustomer, DuplicateCustomer, ErrorMap, ReferrerEcho,
};
use tower_partnero::{ErrorKind, NewCustomer, Registration, Sandbox, SignupError, SignupErrorKind};

use super::{ANNA, ANNA_ID, REFERRED, Shop, ben, set_cookie, visit};

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
            REFERRED
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
        let expected = if found.contains("deleted") {
            SignupErrorKind::IdentifierTaken
        } else {
            SignupErrorKind::Partnero(ErrorKind::Invalid)
        };
        assert_eq!(error.kind(), expected);
        assert!(!shop.knows("2"));
    }
    let sandbox = Sandbox::builder().switch(DeletedCustomer::Marked);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    assert!(shop.sign_up("", ben()).await.error().is_none());
    shop.delete("2").await;
    let outcome = shop.sign_up("", ben()).await;
    let kind = outcome.error().map(SignupError::kind);
    assert_eq!(kind, Some(SignupErrorKind::IdentifierTaken));
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
async fn an_existing_customer_is_compared_with_the_link_that_counts_alone() {
    let shop = Shop::open_with_defaults().await;
    assert!(shop.sign_up_by(ANNA, ben()).await.error().is_none());
    let links = "partnero_referral=nobody; partnero_referral_before=neither";
    let outcome = shop.sign_up(links, ben()).await;
    let other = Registration::Existing(ExistingReferrer::Other);
    assert_eq!(outcome.registration(), Some(other));
    let requests = shop.sandbox.requests();
    let mut paths = requests.iter().map(|request| request.path.as_str());
    assert!(!paths.any(|path| path.ends_with("neither")), "{requests:?}");
}

/// The key is the app's own choice, and Partnero chooses another one if the app names none.
#[tokio::test]
async fn a_key_that_somebody_else_has_is_left_out() {
    for &duplicate in DuplicateCustomer::ALL {
        for &errors in ErrorMap::ALL {
            let case = format!("{duplicate:?} {errors:?}");
            let sandbox = Sandbox::builder().switch(duplicate).switch(errors);
            let shop = Shop::open(sandbox.start().await.unwrap()).await;
            let carla = NewCustomer::new(3).key("carla");
            assert!(shop.sign_up("", carla).await.error().is_none(), "{case}");
            let dora = NewCustomer::new(4).key("carla").email("dora@shop.example");
            let outcome = shop.sign_up_by(ANNA, dora).await;
            assert_eq!(outcome.registration(), Some(REFERRED), "{case}");
            let left_out: Vec<_> = outcome.left_out().fields().collect();
            assert_eq!(left_out, ["key"], "{case}");
            assert_eq!(shop.referrer_of("4").as_deref(), Some(ANNA_ID), "{case}");
        }
    }
}

/// The app's identifier for a new customer is Anna's key.
#[tokio::test]
async fn an_identifier_may_be_the_key_of_somebody_else() {
    for duplicate in [
        DuplicateCustomer::Unprocessable,
        DuplicateCustomer::Conflict,
    ] {
        let sandbox = Sandbox::builder().switch(duplicate).start().await.unwrap();
        let shop = Shop::open(sandbox).await;
        let customer = NewCustomer::new(ANNA).key(ANNA).email("x@shop.example");
        let outcome = shop.sign_up("", customer).await;
        assert_eq!(outcome.as_str(), "not_referred", "{duplicate:?}");
        assert_eq!(outcome.left_out().to_string(), "key");
        assert!(shop.knows(ANNA));
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
            false,
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
/// old customer. Or a person has registered in Partnero's own portal before.
#[tokio::test]
async fn an_address_under_another_identifier_is_an_outcome_that_names_its_customer() {
    for &duplicate in DuplicateCustomer::ALL {
        for &errors in ErrorMap::ALL {
            let case = format!("{duplicate:?} {errors:?}");
            let sandbox = Sandbox::builder().switch(duplicate).switch(errors);
            let shop = Shop::open(sandbox.start().await.unwrap()).await;
            assert!(shop.sign_up_by(ANNA, ben()).await.error().is_none());
            shop.sandbox.register_in_portal("carla@shop.example");
            for (address, holder) in [
                ("Ben@shop.example", Some("2")),
                ("carla@shop.example", None),
            ] {
                for referrer in ["", "partnero_referral=anna-7", "partnero_referral=nobody"] {
                    let new = NewCustomer::new(3).email(address);
                    let outcome = shop.sign_up(referrer, new).await;
                    let error = outcome.error().expect("no customer of this identifier");
                    assert_eq!(
                        error.kind(),
                        SignupErrorKind::EmailKnown,
                        "{case} {referrer}"
                    );
                    let known = error.customer().unwrap();
                    assert!(holder.is_none() || known.id.as_deref() == holder);
                    assert!(!error.is_retryable());
                    assert!(!format!("{error} {error:?}").contains("shop.example"));
                    assert_eq!(set_cookie(outcome), None, "the referral is not spent");
                }
            }
            assert!(!shop.knows("3"));

            let signups = shop.signups.clone().without_known_email(true);
            let hook = signups.hook(&visit("partnero_referral=anna-7")).unwrap();
            let new = NewCustomer::new(3).email("carla@shop.example");
            let outcome = hook.sign_up(new).await;
            assert_eq!(outcome.registration(), Some(REFERRED), "{case}");
            assert_eq!(outcome.left_out().to_string(), "email", "{case}");
            assert_eq!(shop.referrer_of("3").as_deref(), Some(ANNA_ID));
        }
    }
}

/// The app gives an identifier out twice, and Partnero still has the first person.
#[tokio::test]
async fn another_person_under_the_identifier_is_credited_to_nobody() {
    for &duplicate in DuplicateCustomer::ALL {
        for shape in [CustomerShape::Both, CustomerShape::IdOnly] {
            let sandbox = Sandbox::builder().switch(duplicate).switch(shape);
            let shop = Shop::open(sandbox.start().await.unwrap()).await;
            assert!(shop.sign_up("", ben()).await.error().is_none());
            let carla = NewCustomer::new(2).email("carla@shop.example");
            let outcome = shop.sign_up_by(ANNA, carla).await;
            let error = outcome.error().expect("somebody else");
            let case = format!("{duplicate:?} {shape:?}");
            assert_eq!(error.kind(), SignupErrorKind::IdentifierTaken, "{case}");
            let known = error.customer().unwrap();
            assert_eq!(known.email.as_deref(), Some("ben@shop.example"));
            assert_eq!(set_cookie(outcome), None, "{case}");
            assert_eq!(shop.referrer_of("2"), None, "{case}");
        }
    }
}

/// Some answers name no identifier. Whom Partnero finds by ours has it all the same, also with another
/// key than the one of this sign-up.
#[tokio::test]
async fn an_answer_without_an_identifier_tells_another_person_by_the_address() {
    for &duplicate in DuplicateCustomer::ALL {
        for (key, new_key) in [
            (Some("bens-key"), Some("other-key")),
            (None, Some("other-key")),
            (Some("bens-key"), None),
            (None, None),
        ] {
            let case = format!("{duplicate:?} {key:?} {new_key:?}");
            let with_key = |customer: NewCustomer, key: Option<&str>| match key {
                Some(key) => customer.key(key),
                None => customer,
            };
            let sandbox = Sandbox::builder().switch(duplicate);
            let sandbox = sandbox.switch(CustomerShape::KeyOnly).start().await;
            let shop = Shop::open(sandbox.unwrap()).await;
            let first = shop.sign_up("", with_key(ben(), key)).await;
            assert!(first.error().is_none(), "{case}");

            let carla = with_key(NewCustomer::new(2).email("carla@shop.example"), new_key);
            let outcome = shop.sign_up_by(ANNA, carla).await;
            let error = outcome.error().expect("somebody else");
            assert_eq!(error.kind(), SignupErrorKind::IdentifierTaken, "{case}");
            let known = error.customer().unwrap();
            assert_eq!(known.email.as_deref(), Some("ben@shop.example"), "{case}");
            assert_eq!(set_cookie(outcome), None, "{case}");
            assert_eq!(shop.referrer_of("2"), None, "{case}");

            let again = shop.sign_up("", with_key(ben(), new_key)).await;
            assert_eq!(again.left_out().to_string(), "", "{case}");
            assert!(again.error().is_none(), "{case} {:?}", again.error());
        }
    }
}

#[tokio::test]
async fn a_field_that_partnero_refuses_alone_is_left_out() {
    for &errors in ErrorMap::ALL {
        for field in ["email", "key", "name", "surname", "metadata.date_of_birth"] {
            let sandbox = Sandbox::builder().switch(errors).start().await.unwrap();
            let shop = Shop::open(sandbox).await;
            shop.sandbox.refuse_field(field);
            let customer = ben().key("ben").surname("B").date_of_birth("1990-01-31");
            let outcome = shop.sign_up_by(ANNA, customer).await;
            assert_eq!(outcome.registration(), Some(REFERRED), "{field} {errors:?}");
            let left_out = outcome.left_out().to_string();
            assert_eq!(left_out, field.trim_start_matches("metadata."));
            assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
            assert!(set_cookie(outcome).is_some());
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
                    Registration::Referred(_) | Registration::Existing(ExistingReferrer::Same)
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

/// A refusal that names no field is answered by a look at who has the address and the key.
#[tokio::test]
async fn a_key_of_another_customer_is_left_out_though_the_refusal_names_no_field() {
    for status in [400, 409, 422] {
        let shop = Shop::open_with_defaults().await;
        let carla = NewCustomer::new(3).key("carla");
        assert!(shop.sign_up("", carla).await.error().is_none());
        let refusal = refused_once(status, r#"{"message": "Invalid."}"#);
        shop.sandbox.inject(refusal);
        // Nobody referred Ben, so the refusal is not answered by the same call once more.
        let outcome = shop.sign_up("", ben().key("carla")).await;
        let created = Registration::Unreferred(UnreferredReason::NotReferred);
        assert_eq!(outcome.registration(), Some(created), "{status}");
        assert_eq!(outcome.left_out().to_string(), "key", "{status}");
    }
}

/// A refusal of Ben's creation that comes once.
fn refused_once(status: u16, body: &str) -> Fault {
    let refusal = Fault::answer(status, body, "application/json");
    refusal.on(Method::POST, "/v1/customers").times(1)
}

/// Partnero may also name a field that was not sent.
#[tokio::test]
async fn of_the_fields_that_a_refusal_names_those_that_were_sent_are_left_out() {
    let shop = Shop::open_with_defaults().await;
    let body = r#"{"message": "Invalid.", "errors": {"name": ["odd"], "surname": ["odd"]}}"#;
    shop.sandbox.inject(refused_once(422, body));
    let outcome = shop.sign_up("", ben()).await;
    let created = Registration::Unreferred(UnreferredReason::NotReferred);
    assert_eq!(outcome.registration(), Some(created));
    assert_eq!(outcome.left_out().to_string(), "name");
}

#[tokio::test]
async fn a_key_that_nobody_else_has_is_not_left_out() {
    let shop = Shop::open_with_defaults().await;
    let refusal = refused_once(422, r#"{"message": "Invalid."}"#);
    shop.sandbox.inject(refusal);
    let outcome = shop.sign_up("", ben().key("ben")).await;
    let invalid = SignupErrorKind::Partnero(ErrorKind::Invalid);
    assert_eq!(outcome.error().map(SignupError::kind), Some(invalid));
    assert!(!shop.knows("2"));
}

/// Something else than the referrer is wrong, so the same call would be refused again.
#[tokio::test]
async fn a_refusal_of_a_field_that_cannot_be_left_out_is_the_end() {
    let shop = Shop::open_with_defaults().await;
    let body = r#"{"message": "Invalid.", "errors": {"id": ["odd"]}}"#;
    shop.sandbox.inject(refused_once(422, body));
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    let invalid = SignupErrorKind::Partnero(ErrorKind::Invalid);
    assert_eq!(outcome.error().map(SignupError::kind), Some(invalid));
    assert!(!shop.knows("2"));
}

/// A conflict is about something that is there already, which a missing referrer is not.
#[tokio::test]
async fn after_a_conflict_the_referrer_is_not_looked_up() {
    let shop = Shop::open_with_defaults().await;
    let carla = NewCustomer::new(3).key("carla");
    assert!(shop.sign_up("", carla).await.error().is_none());
    let conflict = refused_once(409, r#"{"message": "Conflict."}"#);
    shop.sandbox.inject(conflict);
    let outcome = shop.sign_up_by(ANNA, ben().key("carla")).await;
    assert_eq!(outcome.registration(), Some(REFERRED));
    assert_eq!(outcome.left_out().to_string(), "key");
    let requests = shop.sandbox.requests();
    let mut paths = requests.iter().map(|request| request.path.as_str());
    assert!(!paths.any(|path| path.ends_with(ANNA)), "{requests:?}");
}

/// One side may write a domain with its own letters, the other one in ASCII. That is no proof of
/// another person.
#[tokio::test]
async fn an_address_with_other_letters_may_be_the_same() {
    let ours = "ben@b\u{fc}cher.example";
    let theirs = "ben@xn--bcher-kva.example";
    for (first, second) in [(ours, theirs), (theirs, ours)] {
        let shop = Shop::open_with_defaults().await;
        let outcome = shop.sign_up("", NewCustomer::new(2).email(first)).await;
        assert!(outcome.error().is_none());
        let again = shop.sign_up("", NewCustomer::new(2).email(second)).await;
        let known = Registration::Existing(ExistingReferrer::Same);
        assert_eq!(again.registration(), Some(known), "{second}");
    }
}
