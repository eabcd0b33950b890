//! Creating transactions.

use serde_json::json;
use tower_partnero::sandbox::switches::{
    ActionField, EmailField, RepeatedTransaction, TransactionTime, UnknownBuyer, UnreferredSale,
};

use crate::support::{Partnero, with_anna_and_ben};

#[tokio::test]
async fn a_sale_of_a_referred_customer_is_recorded() {
    let partnero = with_anna_and_ben().await;
    let body = json!({
        "key": "order-1", "customer": { "id": "b" }, "amount": 99.99, "amount_units": "usd",
        "action": "signup", "created_at": 1_746_812_533, "product_id": "p", "unknown": 1,
    });
    let (status, created) = partnero.post("/transactions", body).await;
    assert_eq!((status, &created["status"]), (200, &json!(1)));
    let data = &created["data"];
    assert_eq!(data["key"], "order-1");
    assert_eq!(data["action"], "signup");
    assert_eq!(data["amount"], 99.99);
    assert_eq!(
        (&data["customer"], &data["referred_customer"]),
        (&json!("a"), &json!("b"))
    );
    assert_eq!(
        (&data["amount_units"], &data["is_currency"]),
        (&json!("USD"), &json!(true))
    );
    assert_eq!(data["created_at"], "2025-05-09T17:42:13.000000Z");
    assert_eq!(data["rewards"][0]["amount"].to_string(), "9.999");
    assert_eq!(data["rewards"][0]["status"], "ok");

    for who in [
        json!({ "key": "ben" }),
        json!({ "email": "ben@shop.example" }),
    ] {
        let (status, created) = partnero
            .post("/transactions", json!({ "customer": who, "amount": "5" }))
            .await;
        assert_eq!((status, &created["data"]["action"]), (200, &json!("sale")));
    }
    let transactions = partnero.sandbox.transactions();
    assert_eq!(transactions[0].amount.amount, "99.99");
    assert_eq!(transactions[2].key, None);
}

#[tokio::test]
async fn no_amount_changes_its_value() {
    let partnero = with_anna_and_ben().await;
    for amount in [
        "0.1",
        "29.997",
        "12345678901234567.89",
        "99999999999999999.9999999999",
        "0",
        "1e2",
    ] {
        let body = format!(r#"{{"customer":{{"id":"b"}},"amount":{amount}}}"#);
        let request = partnero.request("POST", "/transactions");
        let request = request
            .header("content-type", "application/json")
            .body(body);
        let answer = request.send().await.unwrap().text().await.unwrap();
        let written = if amount == "1e2" { "100" } else { amount };
        assert!(
            answer.contains(&format!(r#""amount":{written},"#)),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn mistakes_in_a_transaction_are_refused() {
    let partnero = with_anna_and_ben().await;
    for (body, field) in [
        (json!({ "customer": { "id": "b" } }), "amount"),
        (
            json!({ "customer": { "id": "b" }, "amount": "x" }),
            "amount",
        ),
        (json!({ "customer": { "id": "b" }, "amount": -1 }), "amount"),
        (
            json!({ "customer": { "id": "b" }, "amount": 1e18 }),
            "amount",
        ),
        (
            json!({ "customer": { "id": "b" }, "amount": true }),
            "amount",
        ),
        (json!({ "amount": 1 }), "customer"),
        (
            json!({ "customer": { "id": "b" }, "amount": 1, "key": 7 }),
            "key",
        ),
        (
            json!({ "customer": { "id": "b" }, "amount": 1, "created_at": "soon" }),
            "created_at",
        ),
        (
            json!({ "customer": { "id": "b" }, "amount": 1, "rewardable": 2 }),
            "rewardable",
        ),
        (
            json!({ "customer": { "id": "b" }, "transactions": 1, "amount": 1 }),
            "transactions",
        ),
        (
            json!({ "customer": { "id": "b" }, "transactions": [{ "amount": 1 }, {}] }),
            "transactions.1.amount",
        ),
    ] {
        let (status, error) = partnero.post("/transactions", body.clone()).await;
        assert_eq!(
            (status, error["errors"][field].is_array()),
            (422, true),
            "{body} {error}"
        );
    }
    assert!(partnero.sandbox.transactions().is_empty());
}

#[tokio::test]
async fn the_forms_of_key_action_and_time_are_switched() {
    let partnero = with_anna_and_ben().await;
    let sale = |field: &str, value: serde_json::Value| json!({ "customer": { "id": "b" }, "amount": 1, field: value });
    let status = async |body| partnero.post("/transactions", body).await.0;
    let (unix, text) = (json!(1_746_812_533), json!("2025-05-09T17:42:13Z"));
    for (switch, unix_status, text_status) in [
        (TransactionTime::Both, 200, 200),
        (TransactionTime::Unix, 200, 422),
        (TransactionTime::Text, 422, 200),
    ] {
        partnero.sandbox.switch(switch);
        assert_eq!(
            status(sale("created_at", unix.clone())).await,
            unix_status,
            "{switch:?}"
        );
        assert_eq!(
            status(sale("created_at", text.clone())).await,
            text_status,
            "{switch:?}"
        );
    }
    partnero.sandbox.switch(ActionField::Required);
    assert_eq!(status(sale("key", json!("k"))).await, 422);
    assert_eq!(status(sale("action", json!("sale"))).await, 200);
}

#[tokio::test]
async fn a_repeated_key_is_answered_as_switched() {
    for switch in RepeatedTransaction::ALL {
        let partnero = with_anna_and_ben().await;
        partnero.sandbox.switch(*switch);
        let sale = json!({ "key": "t", "customer": { "id": "b" }, "amount": 10 });
        let (_, first) = partnero.post("/transactions", sale.clone()).await;
        let (status, second) = partnero.post("/transactions", sale).await;
        let (expected, recorded, balance) = match switch {
            RepeatedTransaction::Recorded => (200, 2, "2"),
            RepeatedTransaction::Unprocessable => (422, 1, "1"),
            RepeatedTransaction::Conflict => (409, 1, "1"),
            RepeatedTransaction::Existing => (200, 1, "1"),
            _ => panic!("a new position needs its case here"),
        };
        assert_eq!(status, expected, "{switch:?}");
        assert_eq!(
            partnero.sandbox.transactions().len(),
            recorded,
            "{switch:?}"
        );
        assert_eq!(partnero.sandbox.customers()[0].balance[0].amount, balance);
        if *switch == RepeatedTransaction::Existing {
            assert_eq!(first, second);
        }
        // The same holds within one batch.
        let twice = json!([{ "key": "u", "amount": 1 }, { "key": "u", "amount": 1 }]);
        let batch = json!({ "customer": { "id": "b" }, "transactions": twice });
        let (status, _) = partnero.post("/transactions", batch).await;
        assert_eq!(status, expected, "{switch:?}");
    }
}

#[tokio::test]
async fn unreferred_and_unknown_buyers_are_answered_as_switched() {
    let partnero = with_anna_and_ben().await;
    let sale = |id: &str| json!({ "customer": { "id": id }, "amount": 10 });
    for (switch, status) in [
        (UnreferredSale::Unprocessable, 422),
        (UnreferredSale::NotFound, 404),
        (UnreferredSale::Recorded, 200),
    ] {
        partnero.sandbox.switch(switch);
        assert_eq!(
            partnero.post("/transactions", sale("a")).await.0,
            status,
            "{switch:?}"
        );
    }
    for (switch, status) in [
        (UnknownBuyer::Unprocessable, 422),
        (UnknownBuyer::NotFound, 404),
        (UnknownBuyer::ForNobody, 200),
    ] {
        partnero.sandbox.switch(switch);
        assert_eq!(
            partnero.post("/transactions", sale("nobody")).await.0,
            status,
            "{switch:?}"
        );
    }
    let transactions = partnero.sandbox.transactions();
    assert_eq!(transactions.len(), 2);
    assert_eq!(transactions[0].referred_customer.as_deref(), Some("a"));
    assert_eq!(
        (&transactions[0].customer, &transactions[0].reward),
        (&None, &None)
    );
    assert_eq!(transactions[1].referred_customer, None);
}

#[tokio::test]
async fn a_batch_shares_its_customer() {
    let partnero = with_anna_and_ben().await;
    let batch = json!({
        "customer": { "key": "ben" },
        "transactions": [{ "key": "x", "amount": 1 }, { "key": "y", "amount": 2, "action": "upgrade" }],
    });
    let (status, created) = partnero.post("/transactions", batch).await;
    assert_eq!(status, 200);
    assert_eq!(created["data"].as_array().unwrap().len(), 2);
    assert_eq!(created["data"][1]["action"], "upgrade");
    assert_eq!(
        partnero.sandbox.transactions()[1]
            .referred_customer
            .as_deref(),
        Some("b")
    );
}

#[tokio::test]
async fn a_transaction_can_bring_its_customer() {
    let partnero = with_anna_and_ben().await;
    let sale = json!({
        "key": "t", "amount": 10, "options": { "create_customer": true },
        "customer": {
            "id": "c", "email": "cleo@shop.example", "name": "Cleo", "tags": ["new"],
            "referring_customer": { "key": "anna" },
        },
    });
    for _ in 0..2 {
        let (status, created) = partnero.post("/transactions", sale.clone()).await;
        assert_eq!(
            (status, &created["data"]["referred_customer"]),
            (200, &json!("c"))
        );
    }
    let customers = partnero.sandbox.customers();
    assert_eq!(customers.len(), 3, "the second time it is known");
    assert_eq!(
        (&customers[2].tags, customers[0].referrals_count),
        (&vec!["new".to_owned()], 2)
    );

    partnero.sandbox.switch(EmailField::Required);
    let nameless =
        json!({ "amount": 1, "options": { "create_customer": true }, "customer": { "id": "d" } });
    assert_eq!(partnero.post("/transactions", nameless).await.0, 422);
    let known = json!({ "amount": 1, "customer": { "id": "c" } });
    assert_eq!(partnero.post("/transactions", known).await.0, 200);
    let unknown_referrer = json!({
        "amount": 1, "options": { "create_customer": true },
        "customer": { "email": "e@shop.example", "referring_customer": { "key": "x" } },
    });
    assert_eq!(
        partnero.post("/transactions", unknown_referrer).await.0,
        400
    );
    assert_eq!(partnero.sandbox.customers().len(), 3);
    assert_eq!(
        Partnero::start()
            .await
            .post("/transactions", json!({}))
            .await
            .0,
        422
    );
}
