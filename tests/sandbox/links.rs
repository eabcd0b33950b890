//! Referral links.

use serde_json::json;
use tower_partnero::sandbox::switches::{SearchMiss, UpdateForm};

use crate::support::Partnero;

async fn with_anna() -> Partnero {
    let partnero = Partnero::start().await;
    let anna = json!({ "id": "a", "key": "anna", "email": "anna@shop.example" });
    partnero.post("/customers", anna).await;
    partnero
}

#[tokio::test]
async fn every_customer_has_a_default_link() {
    let partnero = with_anna().await;
    let (status, links) = partnero.get("/customers/a/referral_links").await;
    assert_eq!(status, 200);
    let link = json!({
        "id": "anna", "key": "anna", "url": "https://shop.example/?ref=anna", "default": true,
        "is_additional": false, "direct_tracking": false, "direct_tracking_redirect": false,
        "direct_tracking_redirect_url": null,
    });
    assert_eq!(links["data"], json!([link]));
    assert!(links["meta"].is_object());
    assert_eq!(
        partnero.get("/customers/nobody/referral_links").await.0,
        404
    );
    assert_eq!(
        partnero.get("/customer_referral_links/anna").await.1["data"],
        link
    );
}

#[tokio::test]
async fn a_further_link_refers_as_well() {
    let partnero = with_anna().await;
    for (who, key) in [("id", "one"), ("key", "two"), ("email", "three")] {
        let value = if who == "email" {
            "anna@shop.example"
        } else if who == "id" {
            "a"
        } else {
            "anna"
        };
        let body = json!({ "customer": { who: value }, "key": key, "is_additional": true });
        let (status, link) = partnero.post("/customer_referral_links", body).await;
        assert_eq!(status, 200, "{link}");
        assert_eq!(
            (&link["data"]["default"], &link["data"]["is_additional"]),
            (&json!(false), &json!(true))
        );
    }
    let referred = json!({ "id": "b", "referring_customer": { "key": "two" } });
    let (_, created) = partnero.post("/customers", referred).await;
    assert_eq!(
        created["data"]["referring_customer"],
        json!({ "id": "a", "key": "anna" })
    );
    let (_, anna) = partnero.get("/customers/three").await;
    assert_eq!(anna["data"]["referral_links"].as_array().unwrap().len(), 4);
    let (_, page) = partnero
        .get("/customers/a/referral_links?limit=1&page=2")
        .await;
    assert_eq!(page["data"][0]["key"], "one");
}

#[tokio::test]
async fn mistakes_in_a_link_are_refused() {
    let partnero = with_anna().await;
    for (body, status) in [
        (json!({ "customer": { "id": "a" } }), 422),
        (json!({ "key": "k" }), 422),
        (json!({ "customer": { "id": "a" }, "key": "anna" }), 422),
        (json!({ "customer": { "id": "x" }, "key": "k" }), 404),
        (
            json!({ "customer": { "id": "a" }, "key": "k", "is_additional": "yes" }),
            422,
        ),
    ] {
        assert_eq!(
            partnero
                .post("/customer_referral_links", body.clone())
                .await
                .0,
            status,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_link_is_changed_found_and_deleted() {
    let partnero = with_anna().await;
    partnero
        .post(
            "/customer_referral_links",
            json!({ "customer": { "id": "a" }, "key": "k" }),
        )
        .await;
    let changes = json!({
        "key": "new", "is_additional": true, "direct_tracking": true,
        "direct_tracking_redirect": true, "direct_tracking_redirect_url": "https://shop.example/hi",
    });
    let (status, after) = partnero
        .call("PUT", "/customer_referral_links/k", changes)
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&after["data"]["id"], &after["data"]["direct_tracking"]),
        (&json!("new"), &json!(true))
    );
    assert_eq!(
        after["data"]["direct_tracking_redirect_url"],
        "https://shop.example/hi"
    );
    assert_eq!(partnero.get("/customer_referral_links/k").await.0, 404);
    let taken = json!({ "update": { "key": "anna" } });
    assert_eq!(
        partnero
            .call("PUT", "/customer_referral_links/new", taken.clone())
            .await
            .0,
        422
    );
    partnero.sandbox.switch(UpdateForm::Flat);
    assert_eq!(
        partnero
            .call("PUT", "/customer_referral_links/new", taken)
            .await
            .0,
        200
    );

    for query in ["key=new", "id=new"] {
        let (_, found) = partnero
            .get(&format!("/customer_referral_links:search?{query}"))
            .await;
        assert_eq!(found["data"][0]["key"], "new", "{query}");
    }
    assert_eq!(partnero.get("/customer_referral_links:search").await.0, 422);
    assert_eq!(
        partnero
            .get("/customer_referral_links:search?key=x")
            .await
            .1["data"],
        json!([])
    );
    partnero.sandbox.switch(SearchMiss::NotFound);
    assert_eq!(
        partnero
            .get("/customer_referral_links:search?key=x")
            .await
            .0,
        404
    );

    assert_eq!(partnero.delete("/customer_referral_links/new").await.0, 200);
    assert_eq!(partnero.delete("/customer_referral_links/new").await.0, 404);
    assert_eq!(
        partnero.delete("/customer_referral_links/anna").await.0,
        400,
        "the default link"
    );
    assert_eq!(
        partnero.post("/customers", json!({ "key": "new" })).await.0,
        200,
        "free again"
    );
}
