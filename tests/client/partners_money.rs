//! The calls about leads and payout requests, which the sandbox does not have: what goes out, and
//! what is never sent twice.

use http::Method;
use serde_json::{Value, json};
use tower_partnero::ErrorKind;
use tower_partnero::client::{Amount, PartnerRef, PayoutStatus};

use crate::support::{Asked, canned};

const LEAD: &str = r#"{"data": {"id": 5, "partner": {"key": "pia"}, "name": "Lea",
    "email": "lea@x.example", "status": "submitted"}, "status": 1}"#;
const PAYOUT: &str = r#"{"data": {"id": 9, "partner": "p-1", "amount": "12.50",
    "amount_units": "usd", "is_currency": true, "status": "requested"}, "status": 1}"#;

fn last(asked: &Asked) -> (Method, String, Value) {
    asked.lock().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn leads_are_named_by_number_and_belong_to_a_partner() {
    let (client, asked) = canned(&[(200, LEAD)]);
    let leads = client.leads();
    let pia = PartnerRef::key("pia");
    let lead = leads.create(&pia, "Lea", "lea@x.example").await.unwrap();
    assert_eq!(
        (lead.id.as_deref(), lead.partner.as_deref()),
        (Some("5"), Some("pia"))
    );
    assert!(!format!("{lead:?}").to_lowercase().contains("lea@"));
    let body = json!({"partner": {"key": "pia"}, "name": "Lea", "email": "lea@x.example"});
    assert_eq!(last(&asked), (Method::POST, "/leads".into(), body));
    leads.get(5).await.unwrap();
    assert_eq!(last(&asked).1, "/leads/5");
    let amount = Amount::major("99.90").unwrap();
    leads.convert(5, amount).await.unwrap();
    let body = json!({"id": 5, "commission_transaction_amount": 99.9});
    assert_eq!(last(&asked), (Method::POST, "/leads/convert".into(), body));
    leads.reject(5).await.unwrap();
    assert_eq!(last(&asked).2, json!({"id": 5}));
    leads.delete(5).await.unwrap();
    assert_eq!(last(&asked).0, Method::DELETE);
    let refused = leads.create(&pia, "", "lea@x.example").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn payouts_are_asked_for_found_and_decided() {
    let (client, asked) = canned(&[(200, PAYOUT)]);
    let payouts = client.payout_requests();
    let pia = PartnerRef::email("pia@x.example");
    let payout = payouts.create(&pia, "usd").await.unwrap();
    let amount = payout.amount.unwrap();
    assert_eq!(amount.amount.to_string(), "12.5");
    assert_eq!(
        payout.status.as_deref(),
        Some(PayoutStatus::Requested.as_str())
    );
    let body = json!({"partner": {"email": "pia@x.example"}, "amount_units": "usd"});
    assert_eq!(
        last(&asked),
        (Method::POST, "/payout_requests".into(), body)
    );
    payouts.get(9).await.unwrap();
    payouts.approve(9).await.unwrap();
    assert_eq!(last(&asked).1, "/payout_requests/9/approve");
    payouts.mark_as_paid(9).await.unwrap();
    assert_eq!(last(&asked).1, "/payout_requests/9/mark_as_paid");

    let (client, asked) = canned(&[(200, r#"{"data": [], "status": 1}"#)]);
    let found = client
        .payout_requests()
        .search()
        .partner(&PartnerRef::id("p-1"))
        .status(PayoutStatus::ResubmitRequested)
        .currency("usd");
    assert!(found.send().await.unwrap().items.is_empty());
    let path = last(&asked).1;
    for filter in [
        "partner_id=p-1",
        "status=resubmit_requested",
        "amount_units=usd",
    ] {
        assert!(path.contains(filter), "{path}");
    }
}

#[tokio::test]
async fn what_may_pay_is_never_sent_twice() {
    let (client, asked) = canned(&[(503, "{}")]);
    let pia = PartnerRef::key("pia");
    let five = Amount::major("5").unwrap();
    let errors = [
        client
            .leads()
            .create(&pia, "Lea", "l@x.example")
            .await
            .unwrap_err(),
        client.leads().convert(5, five).await.unwrap_err(),
        client.leads().reject(5).await.unwrap_err(),
        client
            .payout_requests()
            .create(&pia, "usd")
            .await
            .unwrap_err(),
        client.payout_requests().approve(9).await.unwrap_err(),
        client.payout_requests().mark_as_paid(9).await.unwrap_err(),
        client.partners().reward("p-1", five, "").await.unwrap_err(),
    ];
    assert_eq!(asked.lock().unwrap().len(), errors.len());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    }
}
