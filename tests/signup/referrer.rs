//! Which referrer is credited when the customer is new at Partnero.

use http::Method;
use tower_partnero::client::CustomerRef;
use tower_partnero::delivery::UnreferredReason;
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{
    CustomerShape, DeletedCustomer, ErrorMap, SearchMiss, UnknownReferrer,
};
use tower_partnero::{
    ErrorKind, NewCustomer, Referral, Registration, Sandbox, SignupError, SignupErrorKind,
};

use super::{ANNA, ANNA_ID, REFERRED, Shop, ben, set_cookie, visit};

#[tokio::test]
async fn a_referred_sign_up_is_credited() {
    let shop = Shop::open_with_defaults().await;
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(outcome.registration(), Some(REFERRED));
    assert!(outcome.customer().unwrap().referral_link.is_some());
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
    // The answer names the referrer, so Partnero is asked nothing more.
    assert_eq!(shop.sandbox.requests().len(), 2, "Anna and Ben");
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
    let refused = SignupErrorKind::Partnero(ErrorKind::Rejected);
    assert_eq!(outcome.error().unwrap().kind(), refused);
    assert!(!shop.knows("2"), "unreferred it could never be credited");
    assert_eq!(set_cookie(outcome), None, "the next try needs the referral");

    shop.sandbox.clear_faults();
    let again = shop.sign_up_by(ANNA, ben()).await;
    assert_eq!(again.registration(), Some(REFERRED));
}

/// Partnero's path also takes identifiers and e-mail addresses, so Anna is found under them. But
/// neither is a customer's key, and anybody can write them into a link.
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

/// `.` and `..` cannot stand in a path, and anybody can write them into a link.
#[tokio::test]
async fn a_link_that_no_path_can_hold_does_not_cost_the_customer() {
    for link in [".", ".."] {
        for &unknown in UnknownReferrer::ALL {
            for &miss in SearchMiss::ALL {
                let sandbox = Sandbox::builder()
                    .switch(unknown)
                    .switch(miss)
                    .start()
                    .await;
                let shop = Shop::open(sandbox.unwrap()).await;
                let outcome = shop.sign_up_by(link, ben()).await;
                let reason = match unknown {
                    UnknownReferrer::Unreferred => UnreferredReason::ReferrerIgnored,
                    _ => UnreferredReason::UnknownReferrer,
                };
                let expected = Registration::Unreferred(reason);
                assert_eq!(outcome.registration(), Some(expected), "{link} {unknown:?}");
            }
        }
    }
}

/// Some servers decode a path before they route it, some even twice. Such a key would then lead to
/// another path.
#[tokio::test]
async fn a_link_that_leads_elsewhere_in_a_path_does_not_cost_the_customer() {
    let elsewhere = r#"{"data": {"id": "1", "email": "anna@shop.example"}}"#;
    for link in ["anna-7%2Fbalance", "..%2Ftest", "a%5Cb", "a%252Fb", "a%20b"] {
        let sandbox = Sandbox::builder().switch(UnknownReferrer::BadRequest);
        let shop = Shop::open(sandbox.start().await.unwrap()).await;
        shop.sandbox.inject(
            Fault::answer(200, elsewhere, "application/json")
                .on(Method::GET, "/v1/customers/")
                .mentioning("%"),
        );
        let outcome = shop.sign_up_by(link, ben()).await;
        let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
        assert_eq!(outcome.registration(), Some(unreferred), "{link}");
        let requests = shop.sandbox.requests();
        let paths = requests.iter().map(|request| request.path.as_str());
        let odd = paths.filter(|path| path.split('?').next().unwrap().contains('%'));
        assert_eq!(odd.count(), 0, "{link}");
    }
}

/// Partnero's own way to read one customer. Only what must not stand in a path is searched for.
#[tokio::test]
async fn a_plain_key_is_asked_for_in_the_path() {
    let sandbox = Sandbox::builder().switch(UnknownReferrer::BadRequest);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    for (id, key) in [(2, "nobody"), (3, "no.bo-dy_0~1")] {
        let outcome = shop.sign_up_by(key, NewCustomer::new(id)).await;
        let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
        assert_eq!(outcome.registration(), Some(unreferred), "{key}");
        let requests = shop.sandbox.requests();
        let asked: Vec<&str> = requests
            .iter()
            .map(|request| request.path.as_str())
            .filter(|path| path.contains(key))
            .collect();
        assert_eq!(asked, [format!("/v1/customers/{key}")]);
    }
}

/// Partnero's search may refuse a text that cannot be a key.
#[tokio::test]
async fn a_search_that_refuses_the_link_does_not_cost_the_customer() {
    for status in [404, 422] {
        let sandbox = Sandbox::builder().switch(UnknownReferrer::BadRequest);
        let shop = Shop::open(sandbox.start().await.unwrap()).await;
        let refusal = Fault::status(status).on(Method::GET, "/v1/customers:search");
        shop.sandbox.inject(refusal);
        let outcome = shop.sign_up_by("..%2Ftest", ben()).await;
        let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
        assert_eq!(outcome.registration(), Some(unreferred), "{status}");
    }
}

/// Whether Partnero knows the key is not known then.
#[tokio::test]
async fn a_search_that_fails_keeps_the_referral() {
    let sandbox = Sandbox::builder().switch(UnknownReferrer::BadRequest);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    let failure = Fault::status(503).on(Method::GET, "/v1/customers:search");
    shop.sandbox.inject(failure);
    let outcome = shop.sign_up_by("..%2Ftest", ben()).await;
    let error = outcome.error().map(SignupError::kind);
    assert_eq!(error, Some(SignupErrorKind::Partnero(ErrorKind::Server)));
    assert_eq!(set_cookie(outcome), None, "the referral is not spent");
    assert!(!shop.knows("2"));
}

#[tokio::test]
async fn an_answer_that_names_nobody_does_not_cost_the_customer() {
    let sandbox = Sandbox::builder().switch(UnknownReferrer::BadRequest);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    let nobody = r#"{"data": {"balance": "5", "status": "active"}}"#;
    let answer = Fault::answer(200, nobody, "application/json");
    shop.sandbox
        .inject(answer.on(Method::GET, "/v1/customers/nobody"));
    let outcome = shop.sign_up_by("nobody", ben()).await;
    let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
    assert_eq!(outcome.registration(), Some(unreferred));
    assert!(shop.knows("2"));
}

/// Partnero may still answer with a deleted customer, with `status: "deleted"`.
#[tokio::test]
async fn a_deleted_referrer_does_not_cost_the_customer() {
    let sandbox = Sandbox::builder().switch(DeletedCustomer::Marked);
    let shop = Shop::open(sandbox.start().await.unwrap()).await;
    shop.delete(ANNA_ID).await;
    let outcome = shop.sign_up_by(ANNA, ben()).await;
    let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
    assert_eq!(outcome.registration(), Some(unreferred));
    assert!(shop.knows("2"));
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
    assert_eq!(outcome.registration(), Some(REFERRED));
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
    assert_eq!(outcome.registration(), Some(REFERRED));
    assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
}

/// Partnero refuses a friend whose referrer it does not know, and knows the referrer a moment later.
#[tokio::test]
async fn a_referrer_who_arrives_between_the_refusal_and_the_look_up_is_credited() {
    for body in [
        r#"{"message": "Invalid.", "errors": {"referring_customer.key": ["unknown"]}}"#,
        r#"{"message": "The given data was invalid."}"#,
    ] {
        let shop = Shop::open_with_defaults().await;
        let refusal = Fault::answer(422, body, "application/json");
        shop.sandbox
            .inject(refusal.on(Method::POST, "/v1/customers").times(1));
        let outcome = shop.sign_up_by(ANNA, ben()).await;
        assert_eq!(outcome.registration(), Some(REFERRED), "{body}");
        assert_eq!(shop.referrer_of("2").as_deref(), Some(ANNA_ID));
    }
}

/// Without a list of fields, the words of a refusal say what it is about.
#[tokio::test]
async fn a_sentence_about_the_key_of_the_referrer_is_not_about_the_customers_own_key() {
    for message in [
        "The referring customer key does not exist.",
        "The partner key does not exist.",
    ] {
        let shop = Shop::open_with_defaults().await;
        let body = format!(r#"{{"message": "{message}"}}"#);
        let refusal = Fault::answer(422, body, "application/json");
        shop.sandbox
            .inject(refusal.on(Method::POST, "/v1/customers").times(1));
        let outcome = shop.sign_up_by("nobody", ben().key("ben")).await;
        let unreferred = Registration::Unreferred(UnreferredReason::UnknownReferrer);
        assert_eq!(outcome.registration(), Some(unreferred), "{message}");
        assert!(outcome.left_out().is_empty(), "{message}");
    }
}
