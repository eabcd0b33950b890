use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Method;
use serde_json::json;
use tower_partnero::client::{Amount, Buyer, CustomerRef, ErrorKind, NewCustomer, NewTransaction};
use tower_partnero::sandbox::Sandbox;
use tower_partnero::sandbox::switches::{
    DeletePath, Numbers, RepeatedTransaction, TransactionTime, UnknownBuyer, UnreferredSale,
};

use crate::support::{Partnero, canned};

fn amount(text: &str) -> Amount {
    Amount::major(text).unwrap()
}

fn sale(key: &str, text: &str) -> NewTransaction {
    NewTransaction::new(key, amount(text)).unit("USD")
}

#[tokio::test]
async fn a_sale_is_recorded_read_listed_and_refunded() {
    for numbers in Numbers::ALL {
        for delete in DeletePath::ALL {
            let builder = Sandbox::builder().switch(*numbers).switch(*delete);
            let partnero = Partnero::with(builder).await;
            partnero.add_anna_and_ben().await;
            let transactions = partnero.client.transactions();
            let made = transactions
                .create(&Buyer::id("b"), &sale("order/7", "19.99"))
                .await
                .unwrap();
            assert_eq!(made.key.as_deref(), Some("order/7"));
            assert_eq!(made.amount.unwrap().amount, amount("19.99"));
            assert_eq!(made.customer.as_deref(), Some("a"));
            assert_eq!(made.referred_customer.as_deref(), Some("b"));
            assert!(made.created_at.is_some());
            assert_eq!(partnero.sandbox.transactions()[0].amount.amount, "19.99");

            let read = transactions.get("order/7").await.unwrap();
            assert_eq!(read.amount.unwrap().unit.as_deref(), Some("USD"));
            let listed = transactions.list().key("order/7").send().await.unwrap();
            assert_eq!(listed.items.len(), 1);
            let others = transactions.list().key("order/8").send().await.unwrap();
            assert!(others.items.is_empty());
            let bens = partnero.client.customers().transactions("b").send().await;
            assert_eq!(bens.unwrap().items.len(), 1);

            transactions.delete("order/7").await.unwrap();
            let error = transactions.get("order/7").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let error = transactions.delete("order/7").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let requests = partnero.sandbox.requests();
            let refund = requests
                .iter()
                .find(|request| request.method == Method::DELETE);
            assert_eq!(refund.unwrap().body, json!({"key": "order/7"}));
        }
    }
}

/// A path may find a transaction by another name than its key.
#[tokio::test]
async fn what_is_found_under_a_key_has_this_key() {
    let (client, _) = canned(&[(200, r#"{"data": {"id": 7, "key": "o-9"}, "status": 1}"#)]);
    let error = client.transactions().get("7").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("something else"), "{error}");
    let (client, _) = canned(&[(200, r#"{"data": {"key": 7, "amount": 1}}"#)]);
    client.transactions().get("7").await.unwrap();
}

#[tokio::test]
async fn every_amount_arrives_as_it_was_written() {
    let partnero = Partnero::with_anna_and_ben().await;
    for text in [
        "0.01",
        "0.1",
        "1.15",
        "29.997",
        "100",
        "999999999999.999",
        "0.000000000001",
        "123456789012345",
    ] {
        let made = partnero
            .client
            .transactions()
            .create(&Buyer::key("ben"), &sale("o", text))
            .await
            .unwrap();
        assert_eq!(made.amount.unwrap().amount.to_string(), text);
        let recorded = partnero.sandbox.transactions().pop().unwrap();
        assert_eq!(recorded.amount.amount, text);
    }
}

#[tokio::test]
async fn a_batch_is_one_call() {
    let partnero = Partnero::with_anna_and_ben().await;
    let transactions = partnero.client.transactions();
    let batch = [sale("o1", "1"), sale("o2", "2").action("renewal")];
    let made = transactions
        .create_batch(&Buyer::email("ben@shop.example"), &batch)
        .await;
    assert_eq!(made.unwrap().len(), 2);
    assert_eq!(partnero.sandbox.transactions().len(), 2);
    assert_eq!(partnero.asked(&Method::POST, "/v1/transactions"), 1);
    let error = transactions
        .create_batch(&Buyer::id("b"), &[])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_sale_may_bring_its_customer() {
    let partnero = Partnero::with_anna_and_ben().await;
    let guest = NewCustomer::new("guest-7")
        .email("guest@shop.example")
        .referring_customer(CustomerRef::key("anna"));
    let buyer = Buyer::new_customer(guest)
        .referral_url("https://shop.example/?ref=anna")
        .tags(["guest"]);
    let made = partnero
        .client
        .transactions()
        .create(&buyer, &sale("o", "10"))
        .await;
    assert_eq!(made.unwrap().referred_customer.as_deref(), Some("guest-7"));
    assert_eq!(
        partnero.sandbox.customers()[2].referred_by.as_deref(),
        Some("a")
    );
    assert_eq!(partnero.sandbox.customers()[2].tags, ["guest"]);
}

#[tokio::test]
async fn times_go_out_in_the_form_that_was_chosen() {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(1_746_812_533);
    for (switch, new) in [
        (TransactionTime::Unix, sale("o", "1").created_at_unix(time)),
        (TransactionTime::Text, sale("o", "1").created_at(time)),
    ] {
        let partnero = Partnero::with(Sandbox::builder().switch(switch)).await;
        partnero.add_anna_and_ben().await;
        let made = partnero
            .client
            .transactions()
            .create(&Buyer::id("b"), &new)
            .await;
        assert_eq!(made.unwrap().created_at, Some(time), "{switch:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (switch, kind) in [
        (UnknownBuyer::Unprocessable, Some(ErrorKind::Invalid)),
        (UnknownBuyer::NotFound, Some(ErrorKind::NotFound)),
        (UnknownBuyer::ForNobody, None),
    ] {
        let partnero = Partnero::with(Sandbox::builder().switch(switch)).await;
        let made = partnero
            .client
            .transactions()
            .create(&Buyer::id("x"), &sale("o", "1"))
            .await;
        assert_eq!(made.err().map(|error| error.kind()), kind);
    }
    for (switch, kind) in [
        (UnreferredSale::Unprocessable, Some(ErrorKind::Invalid)),
        (UnreferredSale::NotFound, Some(ErrorKind::NotFound)),
        (UnreferredSale::Recorded, None),
    ] {
        let partnero = Partnero::with(Sandbox::builder().switch(switch)).await;
        partnero.add_anna_and_ben().await;
        let made = partnero
            .client
            .transactions()
            .create(&Buyer::id("a"), &sale("o", "1"))
            .await;
        assert_eq!(made.err().map(|error| error.kind()), kind);
    }
}

#[tokio::test]
async fn a_repeated_key_is_whatever_partnero_makes_of_it() {
    for switch in RepeatedTransaction::ALL {
        let partnero = Partnero::with(Sandbox::builder().switch(*switch)).await;
        partnero.add_anna_and_ben().await;
        let transactions = partnero.client.transactions();
        let create = || async { transactions.create(&Buyer::id("b"), &sale("o", "1")).await };
        create().await.unwrap();
        let second = create().await;
        let found = transactions
            .list()
            .key("o")
            .send()
            .await
            .unwrap()
            .items
            .len();
        match switch {
            RepeatedTransaction::Recorded => assert!(second.is_ok() && found == 2),
            RepeatedTransaction::Existing => assert!(second.is_ok() && found == 1),
            RepeatedTransaction::Conflict => {
                assert_eq!(second.unwrap_err().kind(), ErrorKind::Conflict);
            }
            _ => assert_eq!(second.unwrap_err().kind(), ErrorKind::Invalid),
        }
    }
}

/// An empty name would be a sale for nobody, and an empty filter none at all.
#[tokio::test]
async fn what_names_nobody_is_not_sent() {
    let partnero = Partnero::start().await;
    let transactions = partnero.client.transactions();
    let nobody = [
        Buyer::id(""),
        Buyer::email(""),
        Buyer::new_customer(NewCustomer::new("")),
    ];
    let mut errors = Vec::new();
    for buyer in nobody {
        errors.push(
            transactions
                .create(&buyer, &sale("o", "1"))
                .await
                .unwrap_err(),
        );
        let batch = [sale("o", "1")];
        errors.push(transactions.create_batch(&buyer, &batch).await.unwrap_err());
    }
    for key in ["", ".", ".."] {
        let created = transactions.create(&Buyer::id("b"), &sale(key, "1")).await;
        errors.push(created.unwrap_err());
    }
    errors.push(transactions.list().key("").send().await.unwrap_err());
    errors.push(
        transactions
            .list()
            .customer_key("")
            .send()
            .await
            .unwrap_err(),
    );
    for error in errors {
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::InvalidInput, 0)
        );
    }
    assert!(partnero.sandbox.requests().is_empty());
}
