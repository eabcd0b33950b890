//! What can come of a sign-up in an affiliate program.

use http::header::COOKIE;
use http::{Method, Request};
use tower_partnero::client::{CustomerRef, PartnerRef};
use tower_partnero::delivery::{CreditedKey, ExistingReferrer, NotCreatedReason, UnreferredReason};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{
    DuplicateCustomer, PartnerEcho, PartnerShape, UnknownReferrer,
};
use tower_partnero::{
    ErrorKind, NewCustomer, Outbox, Referrals, Registration, Sandbox, SignupError, SignupErrorKind,
    SignupOutcome, Signups,
};

use crate::whole_way::deliver_by;
use crate::{PIA, PIA_ID, builder, calls, client, referrals, sandbox};

const CREDITED: Registration = Registration::Referred(CreditedKey::AsGiven);
const UNKNOWN: Registration = Registration::NotCreated(NotCreatedReason::UnknownPartner);

fn ben() -> NewCustomer {
    NewCustomer::new(2).email("ben@shop.example").name("Ben")
}

async fn sign_up(sandbox: &Sandbox, cookie: &str, customer: NewCustomer) -> SignupOutcome {
    let signups = Signups::new(referrals(), client(sandbox));
    let request = Request::post("/signup").header(COOKIE, cookie);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    signups.hook(&parts).unwrap().sign_up(customer).await
}

#[tokio::test]
async fn a_partner_is_credited_in_every_shape_of_an_answer() {
    for shape in PartnerShape::ALL {
        for echo in PartnerEcho::ALL {
            let sandbox = sandbox().await;
            sandbox.switch(*shape);
            sandbox.switch(*echo);
            let outcome = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
            assert_eq!(outcome.registration(), Some(CREDITED), "{echo:?}");
            assert_eq!(outcome.credited_partner(), Some(&PartnerRef::key(PIA)));
            assert_eq!(outcome.credited(), None);
            let known = outcome.customer().unwrap();
            assert_eq!(known.key.as_deref(), Some("2"));
            assert_eq!(sandbox.customers()[0].partner.as_deref(), Some(PIA_ID));

            let again = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
            let expected = match echo {
                PartnerEcho::Absent => ExistingReferrer::Unknown,
                _ => ExistingReferrer::Same,
            };
            let expected = Some(Registration::Existing(expected));
            assert_eq!(again.registration(), expected, "{echo:?} {shape:?}");
        }
    }
}

#[tokio::test]
async fn whom_no_partner_brought_is_not_sent() {
    let sandbox = sandbox().await;
    let outcome = sign_up(&sandbox, "a=b", ben()).await;
    let expected = Registration::NotCreated(NotCreatedReason::NoPartner);
    assert_eq!(outcome.registration(), Some(expected));
    assert_eq!(outcome.as_str(), "no_partner");
    assert!(outcome.customer().is_none());
    assert_eq!(calls(&sandbox, "POST /v1/customers"), 0);
}

#[tokio::test]
async fn an_unknown_partner_is_an_outcome_under_every_answer() {
    for answer in UnknownReferrer::ALL {
        let sandbox = sandbox().await;
        sandbox.switch(*answer);
        let outcome = sign_up(&sandbox, "partnero_partner=nobody", ben()).await;
        assert_eq!(outcome.registration(), Some(UNKNOWN), "{answer:?}");
        assert_eq!(outcome.as_str(), "unknown_partner");
        assert!(sandbox.customers().is_empty());
        // Nothing is left to try, so the key goes.
        let mut response = http::Response::new(());
        outcome.apply(&mut response);
        let line = response.headers()["set-cookie"].to_str().unwrap();
        assert!(line.starts_with("partnero_partner=;"), "{line}");
    }
}

#[tokio::test]
async fn an_earlier_link_counts_where_the_partner_is_unknown_or_archived() {
    for answer in UnknownReferrer::ALL {
        let sandbox = sandbox().await;
        sandbox.switch(*answer);
        sandbox.register_partner("gone");
        let gone = sandbox.partners()[1].id.clone();
        client(&sandbox).partners().archive(&gone).await.unwrap();
        for (id, cookie) in [
            (1, "partnero_partner=nobody; partnero_partner_before=pia-7"),
            (2, "partnero_partner=gone; partnero_partner_before=pia-7"),
        ] {
            let outcome = sign_up(&sandbox, cookie, NewCustomer::new(id)).await;
            let expected = Registration::Referred(CreditedKey::RunnerUp);
            assert_eq!(outcome.registration(), Some(expected), "{answer:?}");
            assert_eq!(outcome.credited_partner(), Some(&PartnerRef::key(PIA)));
        }
        let trimmed = "partnero_partner=pia-7.";
        let outcome = sign_up(&sandbox, trimmed, NewCustomer::new(3)).await;
        let expected = Registration::Referred(CreditedKey::Trimmed);
        assert_eq!(outcome.registration(), Some(expected));
        let outcome = sign_up(&sandbox, trimmed, NewCustomer::new(3)).await;
        let expected = Registration::Existing(ExistingReferrer::Same);
        assert_eq!(outcome.registration(), Some(expected));
        assert_eq!(sandbox.partners()[0].referrals_count, 3);
    }
}

#[tokio::test]
async fn a_partner_of_a_customers_name_is_no_self_referral() {
    let sandbox = sandbox().await;
    sandbox.register_partner("2");
    let outcome = sign_up(&sandbox, "partnero_partner=2", ben()).await;
    assert_eq!(outcome.registration(), Some(CREDITED));
}

#[tokio::test]
async fn the_partner_that_the_app_names_comes_first() {
    let sandbox = sandbox().await;
    sandbox.register_partner("tom");
    for (id, partner) in [
        (1, PartnerRef::id(PIA_ID)),
        (2, PartnerRef::email("pia@partner.example")),
        (3, PartnerRef::key(PIA)),
    ] {
        let customer = NewCustomer::new(id).partner(partner);
        let outcome = sign_up(&sandbox, "partnero_partner=tom", customer).await;
        assert_eq!(outcome.registration(), Some(CREDITED));
    }
    assert_eq!(sandbox.partners()[0].referrals_count, 3);
}

#[tokio::test]
async fn a_customer_who_exists_is_compared() {
    for answer in [
        DuplicateCustomer::Unprocessable,
        DuplicateCustomer::Conflict,
    ] {
        let sandbox = sandbox().await;
        sandbox.switch(answer);
        sandbox.register_partner("tom");
        let first = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
        assert_eq!(first.registration(), Some(CREDITED));
        let links = "partnero_partner=tom; partnero_partner_before=nobody";
        let outcome = sign_up(&sandbox, links, ben()).await;
        let expected = Registration::Existing(ExistingReferrer::Other);
        assert_eq!(outcome.registration(), Some(expected));
        let other = ben().email("other@shop.example");
        let outcome = sign_up(&sandbox, "partnero_partner=tom", other).await;
        let kind = outcome.error().unwrap().kind();
        assert_eq!(kind, SignupErrorKind::IdentifierTaken);
        let known = NewCustomer::new(3).email("ben@shop.example");
        let outcome = sign_up(&sandbox, "partnero_partner=tom", known).await;
        assert_eq!(outcome.error().unwrap().kind(), SignupErrorKind::EmailKnown);
    }
}

#[tokio::test]
async fn a_refused_field_costs_no_partner_the_commission() {
    let sandbox = sandbox().await;
    sandbox.refuse_field("name");
    let outcome = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
    assert_eq!(outcome.registration(), Some(CREDITED));
    assert_eq!(outcome.left_out().to_string(), "name");
}

fn on_create(fault: Fault) -> Fault {
    fault.on(Method::POST, "/v1/customers").times(1)
}

/// An affiliate program gets neither the key nor the birthday of a customer.
#[tokio::test]
async fn a_field_that_is_not_sent_cannot_be_left_out() {
    for field in ["key", "date_of_birth"] {
        let sandbox = sandbox().await;
        let body = format!(r#"{{"message": "Invalid.", "errors": {{"{field}": ["odd"]}}}}"#);
        sandbox.inject(on_create(Fault::answer(422, body, "application/json")));
        let customer = ben().key("ben").date_of_birth("1990-01-31");
        let outcome = sign_up(&sandbox, "partnero_partner=pia-7", customer).await;
        let invalid = SignupErrorKind::Partnero(ErrorKind::Invalid);
        assert_eq!(outcome.error().map(SignupError::kind), Some(invalid));
        assert!(sandbox.customers().is_empty());
    }
}

#[tokio::test]
async fn a_partner_whom_partnero_does_not_record_is_not_credited() {
    let ben_alone = r#"{"data": {"key": "2", "email": "ben@shop.example", "partner": null}}"#;
    let ben_alone = Fault::answer(200, ben_alone, "application/json");
    let sandbox = sandbox().await;
    sandbox.inject(on_create(ben_alone.clone()));
    let outcome = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
    let ignored = Registration::Unreferred(UnreferredReason::ReferrerIgnored);
    assert_eq!(outcome.registration(), Some(ignored));

    sandbox.inject(on_create(Fault::status(422)));
    sandbox.inject(ben_alone.on(Method::GET, "/v1/customers/2"));
    let outcome = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
    let existing = Registration::Existing(ExistingReferrer::None);
    assert_eq!(outcome.registration(), Some(existing));
}

/// Whether Partnero knows the partner is not known then.
#[tokio::test]
async fn a_look_up_of_the_partner_that_fails_keeps_the_link() {
    let sandbox = sandbox().await;
    sandbox.inject(on_create(Fault::status(422)));
    sandbox.inject(Fault::status(503).on(Method::GET, "/v1/partner"));
    let outcome = sign_up(&sandbox, "partnero_partner=pia-7", ben()).await;
    let failed = SignupErrorKind::Partnero(ErrorKind::Server);
    assert_eq!(outcome.error().map(SignupError::kind), Some(failed));
    let mut response = http::Response::new(());
    outcome.apply(&mut response);
    assert!(!response.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn what_is_of_the_other_kind_of_program_is_refused_before_it_is_sent() {
    let sandbox = sandbox().await;
    let friends = Referrals::builder().build().unwrap();
    let _service = tower::Layer::layer(&friends.layer(), ());
    let wrong_client = builder(&sandbox).build().unwrap();
    for (signups, customer) in [
        (
            Signups::new(referrals(), client(&sandbox)),
            ben().referring_customer(CustomerRef::key("anna")),
        ),
        (Signups::new(referrals(), wrong_client.clone()), ben()),
        (Signups::new(friends.clone(), client(&sandbox)), ben()),
        (
            Signups::new(friends, wrong_client),
            ben().partner(PartnerRef::key(PIA)),
        ),
    ] {
        let (parts, ()) = Request::post("/").body(()).unwrap().into_parts();
        let outcome = signups.hook(&parts).unwrap().sign_up(customer).await;
        let error = outcome.error().unwrap();
        assert_eq!(error.kind(), SignupErrorKind::WrongProgram);
        assert!(error.to_string().contains("affiliate()"), "{error}");
    }
    assert_eq!(calls(&sandbox, "POST /v1/customers"), 0);
}

/// The worker has the client of another kind of program than the policy.
#[tokio::test]
async fn a_report_for_the_other_kind_of_program_is_a_dead_letter_that_says_so() {
    let sandbox = sandbox().await;
    let outbox = Outbox::memory();
    let signups = Signups::new(referrals(), outbox.clone());
    let request = Request::post("/signup").header(COOKIE, "partnero_partner=pia-7");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let outcome = signups.hook(&parts).unwrap().sign_up(ben()).await;
    assert_eq!(outcome.as_str(), "enqueued");
    deliver_by(&outbox, builder(&sandbox).build().unwrap()).await;
    let dead = outbox.dead(0, 10).await.unwrap();
    assert_eq!(dead[0].reason, "refused");
    assert!(dead[0].last_answer.contains("`.affiliate()`"), "{dead:?}");

    // With the right client it is only to be replayed.
    outbox.replay_all().await.unwrap();
    deliver_by(&outbox, client(&sandbox)).await;
    assert_eq!(sandbox.customers()[0].partner.as_deref(), Some(PIA_ID));
}
