//! Customers that Partnero refuses in part: what a sign-up has to survive.

use serde_json::json;
use tower_partnero::Sandbox;
use tower_partnero::sandbox::switches::{self, DuplicateCustomer, UnknownReferrer};

use crate::support::{Partnero, with_anna_and_ben};

#[tokio::test]
async fn one_field_alone_is_refused() {
    let partnero = with_anna_and_ben().await;
    partnero.sandbox.refuse_field("email");
    partnero.sandbox.refuse_value("ben@bücher.example");
    let whole = json!({
        "id": "c", "key": "cleo", "email": "cleo@shop.example", "referring_customer": { "key": "anna" },
    });
    let (status, error) = partnero.post("/customers", whole.clone()).await;
    let errors = error["errors"].as_object().unwrap();
    assert_eq!((status, errors.len()), (422, 1), "{error}");
    assert!(errors["email"][0].is_string());
    let mut rest = whole.clone();
    rest.as_object_mut().unwrap().remove("email");
    assert_eq!(partnero.post("/customers", rest).await.0, 200);
    let change = json!({ "update": { "email": "new@shop.example" } });
    assert_eq!(partnero.call("PUT", "/customers/c", change).await.0, 422);

    partnero.sandbox.clear_faults();
    let mut other = json!({ "id": "d", "email": "dora@shop.example" });
    assert_eq!(partnero.post("/customers", other.clone()).await.0, 200);
    partnero.sandbox.refuse_value("ben@bücher.example");
    other["id"] = "e".into();
    other["email"] = "ben@bücher.example".into();
    let (status, error) = partnero.post("/customers", other.clone()).await;
    assert_eq!((status, error["errors"]["email"].is_array()), (422, true));
    other["email"] = "eve@shop.example".into();
    assert_eq!(partnero.post("/customers", other).await.0, 200);
}

#[tokio::test]
async fn each_optional_field_can_be_refused() {
    let fields = json!({
        "id": "a", "key": "anna", "email": "anna@shop.example", "name": "Anna", "surname": "Berg",
        "tags": ["vip"], "metadata": { "date_of_birth": "1990-01-01" },
        "referring_customer": { "key": "zoe" },
    });
    for field in [
        "id",
        "key",
        "email",
        "name",
        "surname",
        "tags",
        "metadata.date_of_birth",
        "referring_customer",
    ] {
        let partnero = Partnero::start().await;
        partnero.post("/customers", json!({ "key": "zoe" })).await;
        partnero.sandbox.refuse_field(field);
        let (status, error) = partnero.post("/customers", fields.clone()).await;
        assert_eq!(status, 422, "{field}");
        let errors = error["errors"].as_object().unwrap();
        assert!(errors.len() == 1 && errors.contains_key(field), "{error}");
    }
}

/// Somebody registered in Partnero's own portal, and then signs up in the app.
#[tokio::test]
async fn an_address_is_known_under_an_identifier_of_partneros() {
    let partnero = with_anna_and_ben().await;
    partnero.sandbox.register_in_portal("cleo@shop.example");
    let cleo = partnero.sandbox.customers()[2].clone();
    assert_eq!((cleo.id.len(), cleo.key.len()), (12, 12));
    let body = json!({ "id": "c", "key": "cleo", "email": "Cleo@shop.example" });
    for switch in DuplicateCustomer::ALL {
        partnero.sandbox.switch(*switch);
        let (status, answer) = partnero.post("/customers", body.clone()).await;
        match switch {
            DuplicateCustomer::Unprocessable => {
                let errors = answer["errors"].as_object().unwrap();
                assert_eq!((status, errors.len()), (422, 1), "{answer}");
                assert!(errors.contains_key("email"));
            }
            DuplicateCustomer::Conflict => assert_eq!(status, 409),
            DuplicateCustomer::Existing => {
                assert_eq!((status, &answer["data"]["id"]), (200, &json!(cleo.id)));
            }
            _ => panic!("a new position needs its case here"),
        }
    }
    let (_, found) = partnero
        .get("/customers:search?email=cleo@shop.example")
        .await;
    assert_eq!(found["data"][0]["id"], json!(cleo.id));
    partnero.sandbox.register_in_portal("anna@shop.example");
    assert_eq!(partnero.sandbox.customers().len(), 3, "Anna is known");
}

/// The app gave an identifier to a second person; Partnero still has the first under it.
#[tokio::test]
async fn an_identifier_belongs_to_another_person() {
    let partnero = with_anna_and_ben().await;
    let body = json!({ "id": "b", "email": "new@shop.example" });
    let (status, error) = partnero.post("/customers", body).await;
    let errors = error["errors"].as_object().unwrap();
    assert!(
        status == 422 && errors.len() == 1 && errors.contains_key("id"),
        "{error}"
    );
    let (_, read) = partnero.get("/customers/b").await;
    assert_eq!(read["data"]["email"], "ben@shop.example");
}

#[tokio::test]
async fn some_referrers_are_refused_by_key() {
    let partnero = with_anna_and_ben().await;
    partnero.sandbox.refuse_referrer("ben");
    let mut answers = Vec::new();
    for switch in UnknownReferrer::ALL {
        partnero.sandbox.switch(*switch);
        for key in ["producthunt", "ben", "anna"] {
            let body = json!({ "referring_customer": { "key": key } });
            answers.push(partnero.post("/customers", body).await.0);
        }
    }
    let expected = [
        [400, 400, 200],
        [404, 404, 200],
        [422, 422, 200],
        [422, 422, 200],
        [200, 200, 200],
    ];
    assert_eq!(answers, expected.concat());
    let referrals = partnero.sandbox.customers()[0].referrals_count;
    assert_eq!(referrals, 6, "Ben, and one under each position");
}

#[tokio::test]
async fn switches_are_set_by_their_names() {
    let names = switches::list();
    assert_eq!(names.len(), 48);
    for info in &names {
        for position in info.positions {
            let builder = Sandbox::builder().switch_by_name(info.name, position);
            assert!(builder.is_ok(), "{} {position}", info.name);
        }
    }
    let unknown = names.iter().find(|info| info.name == "UnknownReferrer");
    let positions = unknown.unwrap().positions;
    assert_eq!(positions[..2], ["BadRequest", "NotFound"]);

    for name in ["UnknownReferrer", "unknown-referrer", "unknown_referrer"] {
        let builder = Sandbox::builder().switch_by_name(name, "not-found");
        let partnero = Partnero::new(builder.unwrap().start().await.unwrap());
        let body = json!({ "referring_customer": { "key": "nobody" } });
        assert_eq!(partnero.post("/customers", body).await.0, 404, "{name}");
    }
    for (name, position, advice) in [
        ("UnknownReferer", "NotFound", "UnknownReferrer"),
        ("UnknownReferrer", "Lost", "BadRequest, NotFound"),
    ] {
        let error = Sandbox::builder()
            .switch_by_name(name, position)
            .unwrap_err();
        assert!(error.to_string().contains(advice), "{error}");
    }
}
