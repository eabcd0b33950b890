//! Every shape of an answer that the documentation shows, old and new, with values of our own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tower_partnero::client::{Amount, Client, CustomerUpdate, NewCustomer, NewWebhook};

use crate::support::canned;

fn answering(body: &serde_json::Value) -> Client {
    canned(&[(200, &body.to_string())]).0
}

fn amount(text: &str) -> Amount {
    Amount::major(text).unwrap()
}

/// 2025-05-09T17:42:13Z
fn may() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_746_812_533)
}

const MAY: &str = "2025-05-09T17:42:13.000000Z";

/// The first guide: a key, no id, no links.
#[tokio::test]
async fn a_customer_of_the_first_guide() {
    let client = answering(&json!({"data": {
        "key": "anna-7", "email": "anna@shop.example", "name": "Anna", "status": "active",
        "referring_customer": null, "referrals_count": 0, "created_at": MAY, "updated_at": MAY
    }, "status": 1}));
    let customer = client
        .customers()
        .create(&NewCustomer::new("a"))
        .await
        .unwrap();
    assert_eq!(
        (customer.id, customer.key.as_deref()),
        (None, Some("anna-7"))
    );
    assert_eq!(
        (customer.created_at, customer.updated_at),
        (Some(may()), Some(may()))
    );
    assert_eq!(customer.referrals_count, Some(0));
    assert!(customer.referring_customer.is_none() && customer.referral_links.is_empty());
}

/// The newest documentation: an id, no key, links, and the terms of the older reference.
#[tokio::test]
async fn a_customer_of_the_newest_documentation() {
    let link = "https://shop.example/?ref=anna-7";
    let client = answering(&json!({"data": {
        "id": "anna-7", "email": "anna@shop.example", "name": "Anna", "surname": "A.",
        "status": "active", "approved": true, "tos": true, "referring_customer": null,
        "referrals_count": 2, "metadata": {"date_of_birth": null}, "referral_link": link,
        "referral_links": [link], "custom_fields": {}, "created_at": MAY, "updated_at": MAY
    }, "status": 1}));
    let update = CustomerUpdate::new().name("Anna");
    let customer = client.customers().update("a", &update).await.unwrap();
    assert_eq!(
        (customer.id.as_deref(), customer.key),
        (Some("anna-7"), None)
    );
    assert_eq!((customer.approved, customer.tos), (Some(true), Some(true)));
    assert_eq!(customer.date_of_birth, None);
    assert_eq!(customer.referral_link.as_deref(), Some(link));
    assert_eq!(customer.referral_links, [link]);
    assert_eq!(customer.raw["custom_fields"], json!({}));
}

#[tokio::test]
async fn empty_objects_as_php_writes_them_and_a_date_of_birth() {
    let client = answering(&json!({"data": {
        "id": 7, "approved": 0, "referring_customer": [], "metadata": [], "custom_fields": [],
        "created_at": "soon"
    }}));
    let customer = client.customers().get("7").await.unwrap();
    assert_eq!(
        (customer.id.as_deref(), customer.approved),
        (Some("7"), Some(false))
    );
    assert_eq!((customer.date_of_birth, customer.created_at), (None, None));
    assert_eq!(customer.raw["created_at"], "soon");
    let client = answering(&json!({"data": {"metadata": {"date_of_birth": "1990-01-31"}}}));
    let customer = client.customers().get("7").await.unwrap();
    assert_eq!(customer.date_of_birth.as_deref(), Some("1990-01-31"));
}

#[tokio::test]
async fn a_list_with_links_and_meta_and_no_totals() {
    let client = answering(&json!({
        "data": [{"id": "a"}, {"key": "b"}],
        "links": {
            "first": "https://api.partnero.com/v1/customers?page=1", "last": null, "prev": null,
            "next": null
        },
        "meta": {
            "current_page": 1, "from": 1, "path": "https://api.partnero.com/v1/customers",
            "per_page": 15, "to": 2
        },
        "status": 1
    }));
    let page = client.customers().list().send().await.unwrap();
    assert_eq!(
        (page.items.len(), page.number, page.limit),
        (2, Some(1), Some(15))
    );
    assert!(page.next.is_none());
}

#[tokio::test]
async fn referrals_of_the_first_guide_and_nested_ones() {
    let friends = json!([{
        "email": "ben@shop.example", "created_at": MAY, "updated_at": MAY, "key": "ben",
        "name": "Ben", "status": "active"
    }]);
    for data in [friends.clone(), json!({ "data": friends })] {
        let client = answering(&json!({"data": data, "status": 1}));
        let found = client.customers().referrals("a").await.unwrap();
        assert_eq!(found[0].key.as_deref(), Some("ben"));
        assert_eq!(found[0].created_at, Some(may()));
    }
}

#[tokio::test]
async fn referral_links_without_a_status() {
    let client = answering(&json!({"data": [{
        "id": "anna-7", "key": "anna-7", "url": "https://shop.example/?ref=anna-7",
        "default": true, "is_additional": false, "direct_tracking": false,
        "direct_tracking_redirect": false, "direct_tracking_redirect_url": null
    }]}));
    let links = client
        .referral_links()
        .list("a")
        .send()
        .await
        .unwrap()
        .items;
    assert_eq!(links[0].id, links[0].key);
    assert_eq!(
        (links[0].is_default, links[0].is_additional),
        (Some(true), Some(false))
    );
    assert_eq!(links[0].direct_tracking_redirect_url, None);
}

#[tokio::test]
async fn balances_empty_and_not() {
    let empty = json!({"data": {"customer": {"key": "anna-7"}, "balance": []}, "status": 1});
    let balance = answering(&empty).customers().balance("a").await.unwrap();
    assert!(balance.groups.is_empty());
    assert_eq!(balance.customer.unwrap().key.as_deref(), Some("anna-7"));
    let full = json!({"data": {"customer": {"id": "a"}, "balance": {
        "currency": [{"amount": 3, "amount_units": "USD", "is_currency": true}]
    }}, "status": 1});
    let balance = answering(&full).customers().balance("a").await.unwrap();
    assert_eq!(balance.groups[0].name, "currency");
    assert_eq!(balance.of("USD"), Some(amount("3")));
}

#[tokio::test]
async fn a_transaction_of_a_refer_a_friend_program() {
    let client = answering(&json!({"data": {
        "key": "order-7", "action": "sale", "amount": 99.99, "customer": "a",
        "referred_customer": "b", "credit": false, "is_currency": true, "amount_units": "USD",
        "created_at": MAY, "rewards": []
    }, "status": 1}));
    let transaction = client.transactions().get("order-7").await.unwrap();
    assert_eq!(transaction.customer.as_deref(), Some("a"));
    assert_eq!(transaction.referred_customer.as_deref(), Some("b"));
    assert_eq!(
        (transaction.partner, transaction.credit),
        (None, Some(false))
    );
    let money = transaction.amount.unwrap();
    assert_eq!(
        (money.amount, money.unit.as_deref()),
        (amount("99.99"), Some("USD"))
    );
    assert_eq!(
        (transaction.created_at, transaction.rewards.len()),
        (Some(may()), 0)
    );
}

#[tokio::test]
async fn a_transaction_of_an_affiliate_program_with_its_reward() {
    let reward = json!({
        "key": "order-7", "action": "sale", "status": "ok", "customer": "b", "partner": "p",
        "amount": 29.997, "amount_units": "USD", "is_currency": true, "credit": false,
        "created_at": MAY, "deleted_at": null, "product_type_data": {}
    });
    let client = answering(&json!({"data": {
        "key": "order-7", "action": "sale", "amount": "99.99", "partner": {"id": "p"},
        "customer": "b", "amount_units": "USD", "is_currency": 1, "credit": 0,
        "created_at": MAY, "deleted_at": MAY, "rewards": [reward]
    }, "status": 1}));
    let transaction = client.transactions().get("order-7").await.unwrap();
    assert_eq!(transaction.partner.as_deref(), Some("p"));
    assert_eq!(transaction.deleted_at, Some(may()));
    let reward = &transaction.rewards[0];
    assert_eq!(reward.status.as_deref(), Some("ok"));
    assert_eq!(reward.amount.as_ref().unwrap().amount, amount("29.997"));
    assert_eq!(
        (reward.partner.as_deref(), reward.deleted_at),
        (Some("p"), None)
    );
    assert_eq!(reward.raw["product_type_data"], json!({}));
}

#[tokio::test]
async fn a_write_without_a_result() {
    // The last one is how PHP writes an empty object.
    for body in [r#"{"status": 1}"#, "", "[]"] {
        let (client, asked) = canned(&[(200, body)]);
        client.customers().delete("a").await.unwrap();
        client.customers().archive("a").await.unwrap();
        client.webhooks().delete("k").await.unwrap();
        client.referral_links().delete("l").await.unwrap();
        assert_eq!(asked.lock().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn a_webhook_and_a_list_of_them_without_a_status() {
    let webhook = json!({
        "key": "hook-1", "name": "shop", "url": "https://shop.example/p", "is_active": true,
        "signature": "abcdefgh12345678", "events": ["customer.created"]
    });
    let client = answering(&json!({"data": webhook, "status": 1}));
    let new = NewWebhook::new("shop", "https://shop.example/p", ["customer.created"]);
    let made = client.webhooks().create(&new).await.unwrap();
    assert_eq!(made.signature.as_deref(), Some("abcdefgh12345678"));
    let client = answering(&json!({ "data": [webhook] }));
    assert_eq!(client.webhooks().list().send().await.unwrap().items, [made]);
}

#[tokio::test]
async fn the_program_with_and_without_data_around_it() {
    let client = answering(&json!({"data": {"program": {"pub_id": "PUB7"}}, "status": 1}));
    assert_eq!(
        client.program().test().await.unwrap().pub_id.as_deref(),
        Some("PUB7")
    );
    let settings = json!({"overview_program_current_settings": {
        "program_name": "Friends", "program_type_title": "Refer-a-Friend",
        "partner_portal_url": "https://friends.shop.example", "commission_description": "10 %",
        "cookie_lifetime": 30, "payout_threshold": "25.00", "currency": "USD"
    }});
    for body in [settings.clone(), json!({ "data": settings })] {
        let overview = answering(&body).program().overview().await.unwrap();
        assert_eq!(overview.cookie_lifetime_days, Some(30));
        assert_eq!(overview.payout_threshold, Some(amount("25")));
        assert_eq!(
            overview.program_type_title.as_deref(),
            Some("Refer-a-Friend")
        );
    }
}

#[tokio::test]
async fn a_failure_with_a_message_alone_and_with_fields() {
    let (client, _) = canned(&[(404, r#"{"message": "Not there."}"#)]);
    let error = client.customers().get("a").await.unwrap_err();
    assert_eq!(
        (error.message(), error.field_errors().len()),
        (Some("Not there."), 0)
    );
    let body = r#"{"message": "Bad.", "errors": {"key": ["The key is taken."]}}"#;
    let (client, _) = canned(&[(422, body)]);
    let error = client
        .customers()
        .create(&NewCustomer::new("a"))
        .await
        .unwrap_err();
    assert_eq!(error.field_errors()[0].messages, ["The key is taken."]);
}
