//! Creating and reading customers over real HTTP.

use crate::support::Partnero;
use serde_json::{Value, json};
use tower_partnero::Sandbox;
use tower_partnero::sandbox::switches::{
    CustomerShape, DuplicateCustomer, EmptyObjects, ErrorMap, Numbers, ReferrerEcho,
    UnknownReferrer,
};

#[tokio::test]
async fn a_created_customer_reads_back_by_id_key_and_email() {
    let partnero = Partnero::start().await;
    let body = json!({
        "id": "user/7", "key": "anna-7", "email": "anna+a@shop.example", "name": "Anna",
        "surname": "Berg", "metadata": { "date_of_birth": "1990-01-31" }, "unknown": [1],
    });
    let (status, created) = partnero.post("/customers", body).await;
    assert_eq!(status, 200);
    assert_eq!(created["status"], 1);
    let data = &created["data"];
    assert_eq!(data["id"], "user/7");
    assert_eq!(data["key"], "anna-7");
    assert_eq!(data["surname"], "Berg");
    assert_eq!(data["status"], "active");
    assert_eq!(data["approved"], true);
    assert_eq!(data["referring_customer"], Value::Null);
    assert_eq!(data["referrals_count"], 0);
    assert_eq!(data["metadata"]["date_of_birth"], "1990-01-31");
    assert_eq!(data["referral_link"], "https://shop.example/?ref=anna-7");
    assert_eq!(
        data["referral_links"],
        json!(["https://shop.example/?ref=anna-7"])
    );
    assert_eq!(data["custom_fields"], json!({}));
    assert_eq!(data["created_at"].as_str().unwrap().len(), 27);
    assert_eq!(data.get("unknown"), None);

    for segment in [
        "user%2F7",
        "anna-7",
        "anna%2Ba%40shop.example",
        "ANNA+A@shop.example",
    ] {
        let (status, read) = partnero.get(&format!("/customers/{segment}")).await;
        assert_eq!((status, &read), (200, &created), "{segment}");
    }
    let (status, error) = partnero.get("/customers/nobody").await;
    assert_eq!(status, 404);
    assert!(error["message"].is_string());
}

#[tokio::test]
async fn an_empty_body_makes_a_customer_with_random_id_and_key() {
    let partnero = Partnero::start().await;
    let (status, created) = partnero.post("/customers", json!({})).await;
    assert_eq!(status, 200);
    let key = created["data"]["key"].as_str().unwrap();
    assert!(key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_ne!(created["data"]["id"], created["data"]["key"]);
    let again = Partnero::start()
        .await
        .post("/customers", json!({}))
        .await
        .1;
    assert_eq!(again["data"]["key"], key, "the same in every sandbox");
}

#[tokio::test]
async fn a_referred_customer_counts_for_its_referrer() {
    let partnero = Partnero::start().await;
    partnero
        .post("/customers", json!({ "id": "a", "key": "anna" }))
        .await;
    // Ben's id is Anna's key: an id is looked up before a key.
    partnero
        .post("/customers", json!({ "id": "anna", "key": "ben" }))
        .await;

    let by_key = json!({ "id": "c", "name": "Cleo", "referring_customer": { "key": "anna" } });
    let (_, created) = partnero.post("/customers", by_key).await;
    assert_eq!(
        created["data"]["referring_customer"],
        json!({ "id": "a", "key": "anna" })
    );
    let both = json!({ "id": "d", "referring_customer": { "key": "anna", "id": "anna" } });
    let (_, created) = partnero.post("/customers", both).await;
    assert_eq!(created["data"]["referring_customer"]["key"], "ben");

    let (_, anna) = partnero.get("/customers/a").await;
    assert_eq!(anna["data"]["referrals_count"], 1);
    let (status, referrals) = partnero.get("/customers/a/referrals").await;
    assert_eq!((status, &referrals["status"]), (200, &json!(1)));
    assert_eq!(referrals["data"].as_array().unwrap().len(), 1);
    assert_eq!(referrals["data"][0]["name"], "Cleo");
    assert_eq!(partnero.get("/customers/x/referrals").await.0, 404);

    let customers = partnero.sandbox.customers();
    assert_eq!(customers[2].referred_by.as_deref(), Some("a"));
    assert_eq!(customers[0].referrals_count, 1);
}

#[tokio::test]
async fn mistakes_in_the_body_are_named_by_field() {
    let partnero = Partnero::start().await;
    for (body, field) in [
        (json!({ "id": 7 }), "id"),
        (json!({ "email": "nobody" }), "email"),
        (json!({ "name": "x".repeat(256) }), "name"),
        (
            json!({ "referring_customer": "anna" }),
            "referring_customer",
        ),
        (
            json!({ "referring_customer": { "key": [] } }),
            "referring_customer.key",
        ),
    ] {
        let (status, error) = partnero.post("/customers", body).await;
        assert_eq!(status, 422, "{field}");
        assert_eq!(error["message"], error["errors"][field][0], "{field}");
    }
    for body in ["{", "[1]", "1"] {
        let request = partnero.request("POST", "/customers");
        let request = request
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(partnero.send(request).await.0, 400, "{body}");
    }
    let form = partnero.request("POST", "/customers").body("{}");
    assert_eq!(partnero.send(form).await.0, 400, "no JSON content type");
    assert!(partnero.sandbox.customers().is_empty());
}

#[tokio::test]
async fn duplicates_are_answered_as_the_switch_says() {
    let partnero = Partnero::start().await;
    let anna = json!({ "id": "a", "key": "anna", "email": "anna@shop.example" });
    let (_, created) = partnero.post("/customers", anna.clone()).await;
    for (field, value) in [("id", "a"), ("key", "anna"), ("email", "Anna@shop.example")] {
        let body = json!({ field: value, "name": "Other" });
        for switch in DuplicateCustomer::ALL {
            partnero.sandbox.switch(*switch);
            let (status, answer) = partnero.post("/customers", body.clone()).await;
            match switch {
                DuplicateCustomer::Unprocessable => {
                    assert_eq!(status, 422);
                    assert!(answer["errors"][field][0].is_string(), "{answer}");
                }
                DuplicateCustomer::Conflict => assert_eq!(status, 409),
                DuplicateCustomer::Existing => assert_eq!((status, &answer), (200, &created)),
                _ => panic!("a new position needs its case here"),
            }
        }
    }
    partnero.sandbox.switch(DuplicateCustomer::Unprocessable);
    let (_, answer) = partnero.post("/customers", anna).await;
    assert_eq!(answer["errors"].as_object().unwrap().len(), 3);
    assert_eq!(partnero.sandbox.customers().len(), 1);
}

#[tokio::test]
async fn unknown_and_refused_referrers_are_answered_as_the_switch_says() {
    let partnero = Partnero::start().await;
    partnero
        .post("/customers", json!({ "id": "a", "key": "anna" }))
        .await;
    partnero.sandbox.refuse_referrer("anna");
    for switch in UnknownReferrer::ALL {
        partnero.sandbox.switch(*switch);
        for (field, value) in [("key", "anna"), ("id", "nobody")] {
            let referrer = json!({ field: value });
            let body = json!({ "referring_customer": referrer });
            let (status, answer) = partnero.post("/customers", body).await;
            match switch {
                UnknownReferrer::BadRequest => assert_eq!(status, 400),
                UnknownReferrer::NotFound => assert_eq!(status, 404),
                UnknownReferrer::Unprocessable => {
                    assert_eq!(status, 422);
                    assert!(answer["errors"]["referring_customer"][0].is_string());
                }
                UnknownReferrer::UnprocessableNested => {
                    assert_eq!(status, 422);
                    let field = format!("referring_customer.{field}");
                    assert!(answer["errors"][field][0].is_string(), "{answer}");
                }
                UnknownReferrer::Unreferred => assert_eq!(status, 200),
                _ => panic!("a new position needs its case here"),
            }
        }
    }
    let customers = partnero.sandbox.customers();
    assert_eq!(customers.len(), 3);
    assert!(
        customers
            .iter()
            .all(|customer| customer.referred_by.is_none())
    );

    partnero.sandbox.clear_faults();
    let body = json!({ "referring_customer": { "key": "anna" } });
    assert_eq!(partnero.post("/customers", body).await.0, 200);
    assert_eq!(partnero.sandbox.customers()[0].referrals_count, 1);
}

#[tokio::test]
async fn a_customer_is_written_as_the_switches_say() {
    let sandbox = Sandbox::builder()
        .link_base("http://127.0.0.1:8080/?lang=en")
        .switch(Numbers::Strings)
        .switch(EmptyObjects::Lists)
        .start()
        .await
        .unwrap();
    let partnero = Partnero::new(sandbox);
    partnero
        .post("/customers", json!({ "id": "a", "key": "anna & co" }))
        .await;
    let body = json!({ "id": "b", "referring_customer": { "id": "a" } });
    let (_, created) = partnero.post("/customers", body).await;
    assert_eq!(created["status"], 1);
    assert_eq!(created["data"]["referrals_count"], "0");
    assert_eq!(created["data"]["custom_fields"], json!([]));
    let (_, anna) = partnero.get("/customers/a").await;
    let link = "http://127.0.0.1:8080/?lang=en&ref=anna%20%26%20co";
    assert_eq!(anna["data"]["referral_link"], link);

    for (switch, echo) in [
        (
            ReferrerEcho::IdAndKey,
            json!({ "id": "a", "key": "anna & co" }),
        ),
        (ReferrerEcho::Key, json!({ "key": "anna & co" })),
        (ReferrerEcho::Id, json!({ "id": "a" })),
        (ReferrerEcho::Null, Value::Null),
    ] {
        partnero.sandbox.switch(switch);
        let (_, read) = partnero.get("/customers/b").await;
        assert_eq!(read["data"]["referring_customer"], echo);
    }
    partnero.sandbox.switch(ReferrerEcho::Absent);
    let (_, read) = partnero.get("/customers/b").await;
    assert_eq!(read["data"].get("referring_customer"), None);

    partnero.sandbox.switch(CustomerShape::KeyOnly);
    let (_, read) = partnero.get("/customers/a").await;
    assert_eq!(read["data"]["key"], "anna & co");
    for field in [
        "id",
        "surname",
        "approved",
        "referral_link",
        "referral_links",
        "metadata",
    ] {
        assert_eq!(read["data"].get(field), None, "{field}");
    }
    partnero.sandbox.switch(CustomerShape::IdOnly);
    let (_, read) = partnero.get("/customers/a").await;
    assert_eq!(
        (read["data"].get("key"), &read["data"]["id"]),
        (None, &json!("a"))
    );
    assert_eq!(read["data"]["referral_link"], link);
}

#[tokio::test]
async fn errors_are_written_as_the_switch_says() {
    let partnero = Partnero::start().await;
    for (switch, errors) in [
        (ErrorMap::Texts, Some(json!(["The id must be a string."]))),
        (ErrorMap::Text, Some(json!("The id must be a string."))),
        (ErrorMap::Absent, None),
    ] {
        partnero.sandbox.switch(switch);
        let (status, answer) = partnero.post("/customers", json!({ "id": 7 })).await;
        assert_eq!(status, 422);
        assert_eq!(answer["message"], "The id must be a string.");
        assert_eq!(
            answer.get("errors").map(|errors| errors["id"].clone()),
            errors
        );
    }
}
