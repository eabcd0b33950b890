//! Webhook subscriptions and the program.

use serde_json::{Value, json};
use tower_partnero::Sandbox;

use crate::support::Partnero;

#[tokio::test]
async fn a_subscription_lives_and_dies() {
    let partnero = Partnero::start().await;
    let body = json!({ "name": "Shop", "url": "https://shop.example/hook", "events": ["customer.created"] });
    let (status, created) = partnero.post("/webhooks", body).await;
    assert_eq!(status, 200);
    let data = &created["data"];
    let signature = data["signature"].as_str().unwrap();
    assert!(signature.len() == 16 && signature.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(data["is_active"], true);
    let path = format!("/webhooks/{}", data["key"].as_str().unwrap());

    assert_eq!(partnero.get(&path).await.1["data"], *data);
    let (_, list) = partnero.get("/webhooks").await;
    assert_eq!(
        (&list["data"], &list["meta"]["per_page"]),
        (&json!([data]), &json!(10))
    );
    assert_eq!(partnero.get("/webhooks?limit=9").await.0, 422);

    let changes = json!({ "name": "New", "url": "http://127.0.0.1:1/", "is_active": false, "events": ["transaction.deleted"] });
    let (status, after) = partnero.call("PUT", &path, changes).await;
    assert_eq!((status, &after["data"]["is_active"]), (200, &json!(false)));
    assert_eq!(after["data"]["signature"], signature);
    assert_eq!(after["data"]["events"], json!(["transaction.deleted"]));
    let (_, unchanged) = partnero.call("PUT", &path, json!({})).await;
    assert_eq!(unchanged, after);

    assert_eq!(partnero.delete(&path).await.0, 200);
    for (method, body) in [
        ("GET", Value::Null),
        ("PUT", json!({})),
        ("DELETE", Value::Null),
    ] {
        assert_eq!(partnero.call(method, &path, body).await.0, 404, "{method}");
    }
}

#[tokio::test]
async fn mistakes_in_a_subscription_are_refused() {
    let partnero = Partnero::start().await;
    let url = "https://shop.example/hook";
    let good = json!({ "key": "k", "name": "n", "url": url, "events": ["customer.rewarded"] });
    assert_eq!(partnero.post("/webhooks", good.clone()).await.0, 200);
    for (body, field) in [
        (good, "key"),
        (json!({ "url": url, "events": [] }), "name"),
        (json!({ "name": "n", "events": [] }), "url"),
        (json!({ "name": "n", "url": url }), "events"),
        (
            json!({ "name": "n", "url": "shop.example", "events": [] }),
            "url",
        ),
        (
            json!({ "name": "n".repeat(101), "url": url, "events": [] }),
            "name",
        ),
        (
            json!({ "name": "n", "url": url, "events": ["partner.created"] }),
            "events",
        ),
        (json!({ "name": "n", "url": url, "events": [1] }), "events"),
        (
            json!({ "name": "n", "url": url, "events": "customer.created" }),
            "events",
        ),
    ] {
        let (status, error) = partnero.post("/webhooks", body).await;
        assert_eq!(
            (status, error["errors"][field].is_array()),
            (422, true),
            "{field}"
        );
    }
}

#[tokio::test]
async fn the_program_names_itself() {
    let sandbox = Sandbox::builder()
        .program_id("PUB7")
        .currency("EUR")
        .start()
        .await
        .unwrap();
    let partnero = Partnero::new(sandbox);
    let (status, test) = partnero.get("/test").await;
    assert_eq!(
        (status, &test["data"]["program"]["pub_id"]),
        (200, &json!("PUB7"))
    );
    let (_, overview) = partnero.get("/program/overview").await;
    let settings = &overview["data"]["overview_program_current_settings"];
    assert_eq!(
        (&settings["currency"], &settings["cookie_lifetime"]),
        (&json!("EUR"), &json!(30))
    );
}
