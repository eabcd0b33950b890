//! The calls about leads and payout requests, against a sandbox: what goes out, what is refused, and
//! what is never sent twice.

use http::Method;
use serde_json::{Value, json};
use tower_partnero::ErrorKind;
use tower_partnero::client::{Amount, NewPartner, PartnerRef, PayoutRequest, PayoutStatus};
use tower_partnero::sandbox::switches::{
    DecidedLead, NewPayout, PayoutDetails, SearchMiss, UnknownLead,
};
use tower_partnero::sandbox::{Fault, Sandbox};

use crate::support::{Partnero, builder_for};

/// An affiliate program with the partner Pia, who has earned 30 USD.
async fn program() -> Partnero {
    let sandbox = Sandbox::affiliate().await.unwrap();
    let client = builder_for(&sandbox).affiliate().build().unwrap();
    let pia = NewPartner::new("pia@x.example").id("p-1").key("pia");
    client.partners().create(&pia).await.unwrap();
    client
        .partners()
        .reward("p-1", usd("30"), "")
        .await
        .unwrap();
    Partnero { sandbox, client }
}

fn usd(amount: &str) -> Amount {
    Amount::major(amount).unwrap()
}

fn pia() -> PartnerRef {
    PartnerRef::key("pia")
}

/// Method, path and body of the last request.
fn last(partnero: &Partnero) -> (Method, String, Value) {
    let last = partnero.sandbox.requests().pop().unwrap();
    let path = last.path.strip_prefix("/v1").unwrap().to_owned();
    (last.method, path, last.body)
}

fn balance(partnero: &Partnero) -> Option<String> {
    let balance = partnero.sandbox.partners()[0].balance.clone();
    balance.first().map(|entry| entry.amount.clone())
}

#[tokio::test]
async fn leads_belong_to_a_partner_and_are_named_by_number() {
    let partnero = program().await;
    let leads = partnero.client.leads();
    let lead = leads.create(&pia(), "Lea", "lea@x.example").await.unwrap();
    let body = json!({"partner": {"key": "pia"}, "name": "Lea", "email": "lea@x.example"});
    assert_eq!(last(&partnero), (Method::POST, "/leads".into(), body));
    assert_eq!(lead.id, Some(1));
    assert_eq!(lead.partner.as_deref(), Some("p-1"));
    assert_eq!(lead.status.as_deref(), Some("submitted"));
    assert!(lead.created_at.is_some());
    assert!(!format!("{lead:?}").to_lowercase().contains("lea@"));
    let by_id = PartnerRef::id("p-1");
    leads.create(&by_id, "Leo", "leo@x.example").await.unwrap();

    assert_eq!(leads.get(2).await.unwrap().name.as_deref(), Some("Leo"));
    let listed = leads.list().send().await.unwrap().items;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].email.as_deref(), Some("lea@x.example"));

    let converted = leads.convert(1, usd("99.90")).await.unwrap();
    let body = json!({"id": 1, "commission_transaction_amount": 99.9});
    assert_eq!(
        last(&partnero),
        (Method::POST, "/leads/convert".into(), body)
    );
    assert_eq!(converted.status.as_deref(), Some("converted"));
    assert_eq!(balance(&partnero).as_deref(), Some("39.99"));
    let rejected = leads.reject(2).await.unwrap();
    assert_eq!(last(&partnero).2, json!({"id": 2}));
    assert_eq!(rejected.status.as_deref(), Some("rejected"));
    leads.delete(2).await.unwrap();
    let gone = leads.get(2).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_lead_that_does_not_fit_is_refused() {
    let partnero = program().await;
    let leads = partnero.client.leads();
    let before = partnero.sandbox.requests().len();
    for (name, email) in [("", "lea@x.example"), ("Lea", "")] {
        let refused = leads.create(&pia(), name, email).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    }
    let negative = leads.convert(1, usd("-1")).await.unwrap_err();
    assert_eq!(negative.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        partnero.sandbox.requests().len(),
        before,
        "nothing was sent"
    );

    let odd = leads.create(&pia(), "Lea", "no address").await.unwrap_err();
    assert_eq!(odd.kind(), ErrorKind::Invalid);
    let nobody = PartnerRef::key("nobody");
    let unknown = leads.create(&nobody, "Lea", "lea@x.example").await;
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Rejected);

    for (switch, kind) in [
        (UnknownLead::Unprocessable, ErrorKind::Invalid),
        (UnknownLead::NotFound, ErrorKind::NotFound),
    ] {
        partnero.sandbox.switch(switch);
        assert_eq!(leads.convert(9, usd("5")).await.unwrap_err().kind(), kind);
        assert_eq!(leads.reject(9).await.unwrap_err().kind(), kind);
    }
    leads.create(&pia(), "Lea", "lea@x.example").await.unwrap();
    leads.convert(1, usd("10")).await.unwrap();
    let again = leads.convert(1, usd("10")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Rejected);
    assert_eq!(
        leads.reject(1).await.unwrap_err().kind(),
        ErrorKind::Rejected
    );
    assert_eq!(balance(&partnero).as_deref(), Some("31"));
    partnero.sandbox.switch(DecidedLead::Repeats);
    leads.convert(1, usd("10")).await.unwrap();
    assert_eq!(balance(&partnero).as_deref(), Some("32"));

    partnero.client.partners().archive("p-1").await.unwrap();
    let archived = leads.create(&pia(), "Leo", "leo@x.example").await;
    assert_eq!(archived.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn a_payout_covers_the_balance_and_clears_it_once_paid() {
    let partnero = program().await;
    let payouts = partnero.client.payout_requests();
    let by_email = PartnerRef::email("pia@x.example");
    let payout = payouts.create(&by_email, "usd").await.unwrap();
    let body = json!({"partner": {"email": "pia@x.example"}, "amount_units": "usd"});
    assert_eq!(
        last(&partnero),
        (Method::POST, "/payout_requests".into(), body)
    );
    let status = |payout: &PayoutRequest| payout.status.clone();
    let is = |status: PayoutStatus| Some(status.as_str().to_owned());
    assert_eq!(payout.partner.as_deref(), Some("p-1"));
    assert_eq!(payout.amount.as_ref().unwrap().amount, usd("30"));
    assert_eq!(status(&payout), is(PayoutStatus::Requested));
    let covered = payouts.create(&pia(), "usd").await.unwrap_err();
    assert_eq!(
        covered.kind(),
        ErrorKind::Invalid,
        "that money is in a payout"
    );

    let early = payouts.mark_as_paid(1).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Rejected, "it is not approved");
    let approved = payouts.approve(1).await.unwrap();
    assert_eq!(last(&partnero).1, "/payout_requests/1/approve");
    assert_eq!(status(&approved), is(PayoutStatus::Approved));
    let again = payouts.approve(1).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Rejected);
    assert_eq!(balance(&partnero).as_deref(), Some("30"));
    let paid = payouts.mark_as_paid(1).await.unwrap();
    assert_eq!(last(&partnero).1, "/payout_requests/1/mark_as_paid");
    assert_eq!(status(&paid), is(PayoutStatus::Finished));
    assert_eq!(balance(&partnero), None);
    assert_eq!(
        status(&payouts.get(1).await.unwrap()),
        is(PayoutStatus::Finished)
    );
    assert_eq!(
        payouts.get(2).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );

    let bonus = partnero.client.partners().reward("p-1", usd("5"), "");
    bonus.await.unwrap();
    partnero.sandbox.switch(NewPayout::Approved);
    let second = payouts.create(&pia(), "usd").await.unwrap();
    assert_eq!(second.amount.as_ref().unwrap().amount, usd("5"));
    assert_eq!(status(&second), is(PayoutStatus::Approved));
    payouts.mark_as_paid(2).await.unwrap();
}

#[tokio::test]
async fn a_payout_is_found_by_all_that_is_asked() {
    let partnero = program().await;
    let payouts = partnero.client.payout_requests();
    payouts.create(&pia(), "usd").await.unwrap();
    assert_eq!(payouts.list().send().await.unwrap().items.len(), 1);
    let requested = PayoutStatus::Requested;
    for (partner, status, currency, found) in [
        (PartnerRef::id("p-1"), requested, "usd", 1),
        (pia(), requested, "USD", 1),
        (PartnerRef::email("pia@x.example"), requested, "usd", 1),
        (PartnerRef::id("p-2"), requested, "usd", 0),
        (pia(), PayoutStatus::ResubmitRequested, "usd", 0),
        (pia(), requested, "eur", 0),
    ] {
        for miss in SearchMiss::ALL {
            partnero.sandbox.switch(*miss);
            let search = payouts.search().partner(&partner).status(status);
            let items = search.currency(currency).send().await.unwrap().items;
            assert_eq!(
                items.len(),
                found,
                "{partner:?} {status:?} {currency} {miss:?}"
            );
        }
    }
    let everything = payouts.search().send().await.unwrap().items;
    assert_eq!(everything.len(), 1);
}

#[tokio::test]
async fn a_payout_without_money_or_a_way_to_pay_is_refused() {
    let partnero = program().await;
    let payouts = partnero.client.payout_requests();
    let before = partnero.sandbox.requests().len();
    let nothing = payouts.create(&pia(), "").await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        partnero.sandbox.requests().len(),
        before,
        "nothing was sent"
    );
    let euros = payouts.create(&pia(), "eur").await.unwrap_err();
    assert_eq!(euros.kind(), ErrorKind::Invalid);
    let nobody = payouts.create(&PartnerRef::key("nobody"), "usd").await;
    assert_eq!(nobody.unwrap_err().kind(), ErrorKind::Rejected);

    partnero.sandbox.switch(PayoutDetails::Missing);
    let unsaved = payouts.create(&pia(), "usd").await.unwrap_err();
    assert_eq!(unsaved.kind(), ErrorKind::Invalid);
    let ask = async |more: Value| {
        let mut body = json!({"partner": {"key": "pia"}, "amount_units": "usd"});
        let fields = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        let http = reqwest::Client::new();
        let url = format!("{}/payout_requests", partnero.sandbox.base_url());
        let request = http.post(url).bearer_auth(partnero.sandbox.api_key());
        request.json(&body).send().await.unwrap().status().as_u16()
    };
    let account = json!({"username": "pia@x.example"});
    for (more, status) in [
        (json!({"gateway": "wise", "payout_settings": account}), 422),
        (json!({"gateway": "cash", "payout_settings": account}), 422),
        (json!({"gateway": "paypal"}), 422),
        (
            json!({"gateway": "paypal", "payout_settings": account, "reward_ids": [1]}),
            422,
        ),
        (
            json!({"gateway": "paypal", "payout_settings": account}),
            200,
        ),
    ] {
        assert_eq!(ask(more.clone()).await, status, "{more}");
    }
    partnero.sandbox.switch(PayoutDetails::Saved);
    partnero
        .client
        .partners()
        .reward("p-1", usd("5"), "")
        .await
        .unwrap();
    partnero.client.partners().archive("p-1").await.unwrap();
    let archived = payouts.create(&pia(), "usd").await.unwrap_err();
    assert_eq!(archived.kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn what_may_pay_is_never_sent_twice() {
    let partnero = program().await;
    partnero.sandbox.inject(Fault::status(503));
    let before = partnero.sandbox.requests().len();
    let (client, five) = (&partnero.client, usd("5"));
    let (leads, payouts) = (client.leads(), client.payout_requests());
    let errors = [
        leads
            .create(&pia(), "Lea", "l@x.example")
            .await
            .unwrap_err(),
        leads.convert(5, five).await.unwrap_err(),
        leads.reject(5).await.unwrap_err(),
        payouts.create(&pia(), "usd").await.unwrap_err(),
        payouts.approve(9).await.unwrap_err(),
        payouts.mark_as_paid(9).await.unwrap_err(),
        client.partners().reward("p-1", five, "").await.unwrap_err(),
    ];
    assert_eq!(partnero.sandbox.requests().len() - before, errors.len());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    }
}
