//! Reading, listing and deleting transactions.

use serde_json::{Value, json};
use tower_partnero::sandbox::switches::{DeletePath, RepeatedKey};

use crate::support::{Partnero, with_anna_and_ben};

async fn sell(partnero: &Partnero, key: &str, amount: u32) {
    let body = json!({ "key": key, "customer": { "id": "b" }, "amount": amount });
    assert_eq!(partnero.post("/transactions", body).await.0, 200);
}

fn amounts(list: &Value) -> Vec<u64> {
    let data = list["data"].as_array().unwrap();
    data.iter()
        .map(|item| item["amount"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn transactions_are_listed_and_looked_up_by_key() {
    let partnero = with_anna_and_ben().await;
    for (key, amount) in [("x", 1), ("y", 2), ("x", 3)] {
        sell(&partnero, key, amount).await;
    }
    let list = async |query: &str| amounts(&partnero.get(&format!("/transactions{query}")).await.1);
    assert_eq!(list("").await, [1, 2, 3]);
    assert_eq!(list("?key=x").await, [1, 3]);
    assert_eq!(list("?key=x&sort=desc&limit=1").await, [3]);
    assert_eq!(list("?key=nothing").await, [0; 0]);
    assert_eq!(list("?customer.key=ben").await, [1, 2, 3]);
    assert_eq!(list("?customer_key=ben&key=y").await, [2]);
    assert_eq!(list("?customer_key=anna").await, [0; 0]);
    assert_eq!(list("?customer_key=nobody").await, [0; 0]);
    assert_eq!(partnero.get("/transactions/y").await.1["data"]["amount"], 2);
    assert_eq!(partnero.get("/transactions/nothing").await.0, 404);
}

#[tokio::test]
async fn a_customer_lists_the_sales_that_it_made() {
    let partnero = with_anna_and_ben().await;
    sell(&partnero, "x", 1).await;
    for (id, count) in [("a", 0), ("b", 1)] {
        let (_, list) = partnero.get(&format!("/customers/{id}/transactions")).await;
        assert_eq!(amounts(&list).len(), count, "{id}");
    }
    assert_eq!(partnero.get("/customers/nobody/transactions").await.0, 404);
}

#[tokio::test]
async fn deleting_takes_the_reward_back() {
    let partnero = with_anna_and_ben().await;
    sell(&partnero, "x/1", 100).await;
    sell(&partnero, "y", 50).await;
    assert_eq!(partnero.sandbox.customers()[0].balance[0].amount, "15");
    assert_eq!(
        partnero.delete("/transactions/x%2F1").await,
        (200, json!({ "status": 1 }))
    );
    assert_eq!(partnero.sandbox.customers()[0].balance[0].amount, "5");
    assert_eq!(
        partnero
            .call("DELETE", "/transactions", json!({ "key": "y" }))
            .await
            .0,
        200
    );
    assert!(partnero.sandbox.customers()[0].balance.is_empty());
    assert_eq!(partnero.delete("/transactions/y").await.0, 404);
    assert_eq!(
        partnero.call("DELETE", "/transactions", json!({})).await.0,
        422
    );
    assert_eq!(partnero.delete("/transactions").await.0, 422);
}

#[tokio::test]
async fn which_of_several_is_meant_is_switched() {
    for (switch, read, left) in [
        (RepeatedKey::Oldest, 1, vec![2, 3]),
        (RepeatedKey::Newest, 3, vec![1, 2]),
        (RepeatedKey::All, 1, vec![]),
    ] {
        let partnero = with_anna_and_ben().await;
        partnero.sandbox.switch(switch);
        for amount in 1..=3 {
            sell(&partnero, "x", amount).await;
        }
        assert_eq!(
            partnero.get("/transactions/x").await.1["data"]["amount"],
            read
        );
        assert_eq!(partnero.delete("/transactions/x").await.0, 200);
        assert_eq!(
            amounts(&partnero.get("/transactions?key=x").await.1),
            left,
            "{switch:?}"
        );
    }
}

#[tokio::test]
async fn a_path_alone_may_not_delete() {
    let partnero = with_anna_and_ben().await;
    partnero.sandbox.switch(DeletePath::NeedsBody);
    sell(&partnero, "x", 1).await;
    assert_eq!(partnero.delete("/transactions/x").await.0, 404);
    let body = json!({ "key": "x" });
    assert_eq!(
        partnero
            .call("DELETE", "/transactions/x", body.clone())
            .await
            .0,
        200
    );
    sell(&partnero, "x", 1).await;
    assert_eq!(partnero.call("DELETE", "/transactions", body).await.0, 200);
}
