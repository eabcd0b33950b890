//! How answers are written and cut, and many customers.

use std::collections::HashSet;

use serde_json::json;
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::{
    CreatedStatus, DoneAnswer, EnvelopeStatus, ErrorStatus, Numbers,
};

use crate::support::{Partnero, with_anna_and_ben};

#[tokio::test]
async fn envelopes_and_statuses_are_switched() {
    let partnero = with_anna_and_ben().await;
    let (_, error) = partnero.get("/customers/nobody").await;
    assert_eq!(error.get("status"), None);
    partnero.sandbox.switch(ErrorStatus::Zero);
    assert_eq!(partnero.get("/customers/nobody").await.1["status"], 0);

    partnero.sandbox.switch(EnvelopeStatus::Absent);
    assert_eq!(partnero.get("/customers/a").await.1.get("status"), None);
    assert_eq!(partnero.get("/customers").await.1.get("status"), None);

    partnero.sandbox.switch(CreatedStatus::Created);
    assert_eq!(
        partnero.post("/customers", json!({ "id": "c" })).await.0,
        201
    );
    assert_eq!(partnero.get("/customers/c").await.0, 200);

    partnero.sandbox.switch(DoneAnswer::NoContent);
    let response = partnero
        .request("DELETE", "/customers/c")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn amounts_may_be_strings() {
    let partnero = with_anna_and_ben().await;
    partnero.sandbox.switch(Numbers::Strings);
    let sale = json!({ "customer": { "id": "b" }, "amount": 99.99 });
    let (_, created) = partnero.post("/transactions", sale).await;
    assert_eq!(created["data"]["amount"], "99.99");
    assert_eq!(created["status"], 1);
}

#[tokio::test]
async fn an_answer_is_cut_inside_its_body() {
    let partnero = Partnero::start().await;
    partnero.sandbox.inject(Fault::cut_inside().times(1));
    let request = partnero
        .request("POST", "/customers")
        .json(&json!({ "id": "a" }));
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let length = response.content_length().unwrap();
    let half = response.chunk().await.unwrap().unwrap();
    assert_eq!(u64::try_from(half.len()).unwrap(), length / 2);
    assert!(response.chunk().await.is_err());
    assert_eq!(partnero.sandbox.customers().len(), 1);
    assert_eq!(partnero.get("/customers/a").await.0, 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_ends_the_connection() {
    let partnero = Partnero::start().await;
    let request = partnero
        .request("POST", "/customers")
        .body(vec![b' '; 2 << 20]);
    assert!(request.send().await.is_err());
    assert_eq!(partnero.post("/customers", json!({})).await.0, 200);
}

#[tokio::test]
async fn a_thousand_customers_are_walked_page_by_page() {
    let partnero = Partnero::start().await;
    for number in 0..1_000 {
        let body = json!({ "id": format!("c{number}") });
        assert_eq!(partnero.post("/customers", body).await.0, 200);
    }
    let mut next = Some("/customers?limit=250".to_owned());
    let mut seen = HashSet::new();
    let mut pages = 0;
    while let Some(path) = next {
        let (_, page) = partnero.get(&path).await;
        let data = page["data"].as_array().unwrap();
        seen.extend(data.iter().map(|customer| customer["id"].to_string()));
        pages += 1;
        let base = partnero.sandbox.base_url();
        next = page["links"]["next"]
            .as_str()
            .map(|link| link.replace(&base, ""));
    }
    assert_eq!((seen.len(), pages), (1_000, 4));
}
