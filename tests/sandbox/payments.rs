//! Payments that Partnero's own integration with a payment provider sees.

use serde_json::json;
use tower_partnero::Sandbox;
use tower_partnero::payments::PaymentMetadata;
use tower_partnero::sandbox::switches::{PaymentCustomer, UnknownBuyer, UnreferredSale};

use crate::support::{Partnero, with_anna_and_ben};

/// What Partnero records of a payment of 20 dollars: the buyer, and the referrer who is paid.
fn pay(partnero: &Partnero, metadata: &PaymentMetadata) -> Option<Ids> {
    let sandbox = &partnero.sandbox;
    let recorded = sandbox.observe_payment("pi_1", "20.00", "USD", metadata.pairs());
    let recorded = recorded.unwrap()?;
    Some((recorded.referred_customer, recorded.customer))
}

type Ids = (Option<String>, Option<String>);

fn ids(buyer: &str, referrer: Option<&str>) -> Ids {
    (Some(buyer.to_owned()), referrer.map(str::to_owned))
}

/// Anna referred Ben; nobody referred Anna. Their keys are other texts than their ids.
#[tokio::test]
async fn customer_key_is_a_key_and_perhaps_an_id() {
    for (switch, by_id) in [
        (PaymentCustomer::Key, None),
        (PaymentCustomer::KeyThenId, Some(ids("b", Some("a")))),
    ] {
        let partnero = with_anna_and_ben().await;
        partnero.sandbox.switch(switch);
        let referred = PaymentMetadata::customer("ben");
        assert_eq!(
            pay(&partnero, &referred),
            Some(ids("b", Some("a"))),
            "{switch:?}"
        );
        assert_eq!(pay(&partnero, &PaymentMetadata::customer("b")), by_id);
        let paid = partnero.sandbox.customers().remove(0).balance;
        let expected = if by_id.is_some() { "4" } else { "2" };
        assert_eq!(paid[0].amount, expected, "{switch:?}");

        for unreferred in ["anna", "a"] {
            let unreferred = PaymentMetadata::customer(unreferred);
            assert_eq!(pay(&partnero, &unreferred), None, "{switch:?}");
        }
        partnero.sandbox.switch(UnreferredSale::Recorded);
        let unreferred = PaymentMetadata::customer("anna");
        assert_eq!(
            pay(&partnero, &unreferred),
            Some(ids("a", None)),
            "{switch:?}"
        );
        let unreferred = PaymentMetadata::customer("a");
        let expected = by_id.map(|_| ids("a", None));
        assert_eq!(pay(&partnero, &unreferred), expected, "{switch:?}");
    }
}

/// A key counts before an id, so that nobody is paid for another customer's payment.
#[tokio::test]
async fn a_key_that_is_another_customers_id_means_the_key() {
    let partnero = with_anna_and_ben().await;
    let cleo = json!({ "id": "ben", "key": "cleo", "referring_customer": { "id": "b" } });
    partnero.post("/customers", cleo).await;
    partnero.sandbox.switch(PaymentCustomer::KeyThenId);
    let metadata = PaymentMetadata::customer("ben");
    assert_eq!(pay(&partnero, &metadata), Some(ids("b", Some("a"))));
}

#[tokio::test]
async fn a_payment_of_nobody_is_ignored_or_recorded_for_nobody() {
    let partnero = with_anna_and_ben().await;
    for metadata in [PaymentMetadata::default(), PaymentMetadata::customer("x")] {
        partnero.sandbox.switch(UnknownBuyer::Unprocessable);
        assert_eq!(pay(&partnero, &metadata), None);
        partnero.sandbox.switch(UnknownBuyer::ForNobody);
        assert_eq!(pay(&partnero, &metadata), Some((None, None)));
    }
    let wrong = partnero.sandbox.observe_payment("pi_1", "-1", "USD", []);
    assert_eq!(wrong.unwrap_err().setting(), "amount");
}

/// Why the README warns of it: the integration and the app both report the same sale.
#[tokio::test]
async fn an_integration_beside_the_apps_own_sales_pays_twice() {
    let partnero = with_anna_and_ben().await;
    let sale = json!({ "key": "pi_1", "customer": { "id": "b" }, "amount": 20 });
    partnero.post("/transactions", sale).await;
    pay(&partnero, &PaymentMetadata::customer("ben"));
    let anna = partnero.sandbox.customers().remove(0);
    assert_eq!(anna.balance[0].amount, "4", "10 percent, twice");
}

#[tokio::test]
async fn in_an_affiliate_program_the_partner_may_be_named() {
    let sandbox = Sandbox::affiliate().await.unwrap();
    sandbox.register_partner("pia");
    let partnero = Partnero::new(sandbox);
    let metadata = PaymentMetadata::partner(&"pia".parse().unwrap());
    assert!(pay(&partnero, &metadata).is_some());
    let pia = partnero.sandbox.partners().remove(0);
    assert_eq!(pia.balance[0].amount, "2");
}

#[tokio::test]
async fn a_program_in_another_language_posts_the_payment() {
    let partnero = with_anna_and_ben().await;
    let payment = |customer: &str| {
        let metadata = json!({ "customer_key": customer });
        json!({ "key": "pi_1", "amount": 19.9, "currency": "eur", "metadata": metadata })
    };
    let (status, answer) = partnero.post("/sandbox/payments", payment("ben")).await;
    assert_eq!((status, &answer["data"]["key"]), (200, &json!("pi_1")));
    let (status, answer) = partnero.post("/sandbox/payments", payment("x")).await;
    assert_eq!((status, &answer["data"]), (200, &json!(null)));
    assert_eq!(partnero.sandbox.transactions().len(), 1);
    let (status, _) = partnero.post("/sandbox/payments", json!({})).await;
    assert_eq!(status, 422);
}
