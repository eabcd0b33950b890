//! Changing, inviting, archiving and deleting customers.

use serde_json::{Value, json};
use tower_partnero::sandbox::switches::{
    DeletedCustomer, DuplicateCustomer, EmailField, InviteAnswer, UpdateForm,
};

use crate::support::{Partnero, with_anna_and_ben};

#[tokio::test]
async fn an_email_is_required_if_switched_so() {
    let partnero = Partnero::start().await;
    partnero.sandbox.switch(EmailField::Required);
    let (status, error) = partnero.post("/customers", json!({ "id": "a" })).await;
    assert_eq!((status, error["errors"]["email"].is_array()), (422, true));
    let (_, error) = partnero.post("/customers", json!({ "email": "x" })).await;
    assert_eq!(error["errors"]["email"].as_array().unwrap().len(), 1);
    assert_eq!(
        partnero
            .post("/customers", json!({ "email": "a@shop.example" }))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let partnero = with_anna_and_ben().await;
    let changes = json!({ "update": { "email": "new@shop.example", "surname": "Berg", "key": "anne", "tags": ["vip"], "id": "z" } });
    let (status, after) = partnero.call("PUT", "/customers/anna", changes).await;
    assert_eq!(status, 200);
    let data = &after["data"];
    assert_eq!(
        (&data["id"], &data["key"], &data["name"]),
        (&json!("a"), &json!("anne"), &json!("Anna"))
    );
    assert_eq!(data["referral_link"], "https://shop.example/?ref=anne");
    assert_eq!(partnero.sandbox.customers()[0].tags, ["vip"]);
    for (segment, status) in [
        ("anna", 404),
        ("anna@shop.example", 404),
        ("anne", 200),
        ("new@shop.example", 200),
    ] {
        assert_eq!(
            partnero.get(&format!("/customers/{segment}")).await.0,
            status,
            "{segment}"
        );
    }
    let (status, _) = partnero
        .call("PUT", "/customers/nobody", json!({ "update": {} }))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_change_does_not_change_the_referrer() {
    let partnero = with_anna_and_ben().await;
    let changes = json!({ "update": { "referring_customer": { "id": "b" } } });
    assert_eq!(partnero.call("PUT", "/customers/a", changes).await.0, 200);
    assert_eq!(partnero.sandbox.customers()[0].referred_by, None);
}

#[tokio::test]
async fn a_change_cannot_take_what_others_have() {
    let partnero = with_anna_and_ben().await;
    let wrong = json!({ "update": { "key": "anna", "email": "anna@shop.example" } });
    let (status, error) = partnero.call("PUT", "/customers/b", wrong).await;
    assert_eq!(
        (status, error["errors"].as_object().unwrap().len()),
        (422, 2)
    );
    let own = json!({ "update": { "key": "ben" } });
    assert_eq!(partnero.call("PUT", "/customers/b", own).await.0, 200);
    let wrong = json!({ "update": { "name": 7 } });
    assert_eq!(partnero.call("PUT", "/customers/b", wrong).await.0, 422);
}

#[tokio::test]
async fn the_customer_to_change_may_stand_in_the_body() {
    let partnero = with_anna_and_ben().await;
    for body in [
        json!({ "id": "a", "update": { "name": "X" } }),
        json!({ "key": "anna", "update": { "name": "X" } }),
    ] {
        let (status, after) = partnero.call("PUT", "/customers", body).await;
        assert_eq!((status, &after["data"]["name"]), (200, &json!("X")));
    }
    assert_eq!(
        partnero
            .call("PUT", "/customers", json!({ "update": {} }))
            .await
            .0,
        422
    );
    assert_eq!(
        partnero
            .call("PUT", "/customers", json!({ "id": "x" }))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn the_form_of_a_change_is_switched() {
    let partnero = with_anna_and_ben().await;
    let flat = json!({ "name": "Flat" });
    let inner = json!({ "update": { "name": "Inner" } });
    for (switch, after_flat, after_inner) in [
        (UpdateForm::Both, "Flat", "Inner"),
        (UpdateForm::Flat, "Flat", "Flat"),
        (UpdateForm::Update, "Flat", "Inner"),
    ] {
        partnero.sandbox.switch(switch);
        let (_, after) = partnero.call("PUT", "/customers/a", flat.clone()).await;
        assert_eq!(after["data"]["name"], after_flat, "{switch:?}");
        let (_, after) = partnero.call("PUT", "/customers/a", inner.clone()).await;
        assert_eq!(after["data"]["name"], after_inner, "{switch:?}");
    }
}

#[tokio::test]
async fn an_invited_person_becomes_a_customer() {
    let partnero = with_anna_and_ben().await;
    let body =
        json!({ "email": "cleo@shop.example", "name": "Cleo", "personalization": { "k": "v" } });
    let (status, invited) = partnero.post("/customers:invite", body).await;
    assert_eq!((status, &invited["data"]["name"]), (200, &json!("Cleo")));
    let known = json!({ "email": "anna@shop.example" });
    assert_eq!(
        partnero.post("/customers:invite", known.clone()).await.1["data"]["id"],
        "a"
    );
    assert_eq!(partnero.sandbox.customers().len(), 3);
    assert_eq!(
        partnero
            .post("/customers:invite", json!({ "name": "x" }))
            .await
            .0,
        422
    );
    let taken = json!({ "email": "new@shop.example", "key": "anna" });
    assert_eq!(
        partnero.post("/customers:invite", taken.clone()).await.0,
        422
    );
    partnero.sandbox.switch(DuplicateCustomer::Conflict);
    assert_eq!(partnero.post("/customers:invite", taken).await.0, 409);
    partnero.sandbox.switch(InviteAnswer::StatusOnly);
    assert_eq!(
        partnero.post("/customers:invite", known).await.1,
        json!({ "status": 1 })
    );
}

#[tokio::test]
async fn archiving_twice_is_refused() {
    let partnero = with_anna_and_ben().await;
    for (action, status, archived) in [
        ("revoke-archive", 400, false),
        ("archive", 200, true),
        ("archive", 400, true),
        ("revoke-archive", 200, false),
    ] {
        let path = format!("/customers/a/{action}");
        assert_eq!(
            partnero.post(&path, Value::Null).await.0,
            status,
            "{action}"
        );
        assert_eq!(partnero.sandbox.customers()[0].is_archived, archived);
    }
    assert_eq!(
        partnero
            .post("/customers/nobody/archive", Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_deleted_customer_is_gone_or_marked() {
    let partnero = with_anna_and_ben().await;
    assert_eq!(
        partnero.delete("/customers/a").await,
        (200, json!({ "status": 1 }))
    );
    assert_eq!(partnero.get("/customers/a").await.0, 404);
    assert_eq!(partnero.delete("/customers/a").await.0, 404);
    assert_eq!(
        partnero.get("/customers/b").await.1["data"]["referring_customer"],
        Value::Null
    );
    let again = json!({ "id": "a", "key": "anna", "email": "anna@shop.example" });
    assert_eq!(partnero.post("/customers", again).await.0, 200);

    partnero.sandbox.switch(DeletedCustomer::Marked);
    partnero.delete("/customers/a").await;
    let (status, read) = partnero.get("/customers/a").await;
    assert_eq!((status, &read["data"]["status"]), (200, &json!("deleted")));
    let body = json!({ "referring_customer": { "key": "anna" } });
    assert_eq!(
        partnero.post("/customers", body).await.0,
        400,
        "as an unknown referrer"
    );
}

#[tokio::test]
async fn the_sales_of_a_deleted_customer_go_with_their_rewards() {
    let partnero = with_anna_and_ben().await;
    let sale = json!({ "key": "t", "customer": { "id": "b" }, "amount": 10 });
    assert_eq!(partnero.post("/transactions", sale).await.0, 200);
    assert_eq!(partnero.sandbox.customers()[0].balance.len(), 1);
    partnero.delete("/customers/b").await;
    assert!(partnero.sandbox.transactions().is_empty());
    assert!(partnero.sandbox.customers()[0].balance.is_empty());
}
