//! The webhooks that the sandbox sends, and their contents.

use http::StatusCode;
use serde_json::json;
use tower_partnero::sandbox::switches::{
    RewardedData, WebhookEnvelope, WebhookHeader, WebhookTime,
};
use tower_partnero::sandbox::{RewardRule, RewardTrigger};
use tower_partnero::webhook::EventKind;
use tower_partnero::{Event, Sandbox};

use crate::receiver::{Receiver, connected, names, quick, read, sale, subscribe};
use crate::support::{Partnero, add_anna_and_ben};

#[tokio::test]
async fn everything_that_happens_is_told_in_order_and_signed() {
    let (partnero, mut receiver, verifier) = connected().await;
    add_anna_and_ben(&partnero).await;
    partnero.post("/transactions", sale("order-1")).await;
    let credit = json!({ "amount": 1, "amount_units": "USD", "is_currency": true });
    partnero.post("/customers/a/balance/credit", credit).await;
    let change = json!({ "update": { "name": "Benjamin" } });
    partnero.call("PUT", "/customers/b", change).await;
    partnero.post("/transactions", sale("order-2")).await;
    partnero.delete("/transactions/order-1").await;
    partnero.delete("/customers/b").await;

    let events = read(&verifier, receiver.all(&partnero).await);
    let expected = [
        "customer.created",
        "customer.created",
        "transaction.created",
        "customer.rewarded",
        "customer.credited",
        "customer.updated",
        "transaction.created",
        "customer.rewarded",
        "transaction.deleted",
        "transaction.deleted",
        "customer.deleted",
    ];
    assert_eq!(names(&events), expected);
    assert_eq!(events[0].data()["email"], "anna@shop.example");
    assert_eq!(events[5].data()["name"], "Benjamin");
    assert_eq!(events[2].data()["key"], "order-1");
    assert_eq!(events[2].data()["amount"].to_string(), "30");
    for rewarded in [&events[3], &events[4], &events[7]] {
        assert_eq!(rewarded.customer_id().as_deref(), Some("a"));
    }
    for event in &events {
        assert_eq!(event.envelope()["url"], receiver.url);
        assert!(event.created_at().is_some() && event.webhook_key().is_some());
        assert_ne!(event.kind(), EventKind::Other);
    }
    let sent = partnero.sandbox.webhooks();
    assert!(sent.iter().all(|sent| sent.status == Some(StatusCode::OK)));
    let bodies: Vec<_> = sent.iter().map(|sent| sent.body.as_slice()).collect();
    assert_eq!(bodies, events.iter().map(Event::body).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_refused_or_only_read_is_told_to_nobody() {
    let (partnero, mut receiver, verifier) = connected().await;
    add_anna_and_ben(&partnero).await;
    partnero.post("/customers", json!({ "id": "a" })).await;
    partnero.post("/transactions", json!({ "key": "x" })).await;
    partnero.delete("/transactions/x").await;
    partnero.get("/customers").await;
    let events = read(&verifier, receiver.all(&partnero).await);
    assert_eq!(names(&events), ["customer.created"; 2]);
}

#[tokio::test]
async fn only_active_subscriptions_to_the_event_are_told_each_with_its_secret() {
    let (partnero, mut all, everything) = connected().await;
    let mut some = Receiver::start().await;
    let (key, rewards) = subscribe(&partnero, &some.url, &["customer.rewarded"]).await;
    add_anna_and_ben(&partnero).await;
    partnero.post("/transactions", sale("order-1")).await;
    assert_eq!(read(&everything, all.all(&partnero).await).len(), 4);
    let told = some.all(&partnero).await;
    assert!(everything.verify(&told[0].0, told[0].1.clone()).is_err());
    assert_eq!(names(&read(&rewards, told)), ["customer.rewarded"]);

    let off = json!({ "is_active": false });
    partnero.call("PUT", &format!("/webhooks/{key}"), off).await;
    partnero.post("/transactions", sale("order-2")).await;
    assert!(some.all(&partnero).await.is_empty());
    assert_eq!(read(&everything, all.all(&partnero).await).len(), 2);
}

#[tokio::test]
async fn envelope_and_header_can_be_the_older_ones() {
    let (partnero, mut receiver, verifier) = connected().await;
    partnero.sandbox.switch(WebhookEnvelope::Older);
    partnero.sandbox.switch(WebhookHeader::Older);
    partnero.post("/customers", json!({ "id": "a" })).await;
    let all = receiver.all(&partnero).await;
    assert!(verifier.verify(&all[0].0, all[0].1.clone()).is_err());
    let events = read(&verifier.clone().older_header(true), all);
    assert_eq!(events[0].envelope().len(), 3);
    assert!(events[0].created_at().is_some() && events[0].webhook_key().is_none());

    partnero.sandbox.switch(WebhookHeader::Both);
    partnero.post("/customers", json!({ "id": "b" })).await;
    assert_eq!(read(&verifier, receiver.all(&partnero).await).len(), 1);
}

#[tokio::test]
async fn two_events_of_one_second_may_be_the_same_to_the_byte() {
    for time in WebhookTime::ALL {
        let (partnero, mut receiver, verifier) = connected().await;
        partnero.sandbox.switch(*time);
        add_anna_and_ben(&partnero).await;
        let _told = receiver.all(&partnero).await;
        for order in 0..20 {
            let key = format!("order-{order}");
            partnero.post("/transactions", sale(&key)).await;
        }
        let mut events = read(&verifier, receiver.all(&partnero).await);
        events.retain(|event| event.kind() == EventKind::CustomerRewarded);
        assert_eq!(events.len(), 20);
        let is_whole = |event: &Event| {
            let time = event.created_at_raw().unwrap().as_str().unwrap();
            time.ends_with(".000000Z")
        };
        let mut digests: Vec<_> = events.iter().map(Event::digest).collect();
        digests.sort();
        digests.dedup();
        if *time == WebhookTime::Seconds {
            assert!(events.iter().all(is_whole));
            assert!(digests.len() < 20, "twenty sales took as many seconds");
        } else {
            assert!(!events.iter().all(is_whole));
            assert_eq!(digests.len(), 20);
        }
    }
}

#[tokio::test]
async fn a_reward_names_its_customer_in_every_form() {
    for form in RewardedData::ALL {
        let (partnero, mut receiver, verifier) = connected().await;
        partnero.sandbox.switch(*form);
        add_anna_and_ben(&partnero).await;
        partnero.post("/transactions", sale("order-1")).await;
        let credit = json!({ "amount": 1, "amount_units": "USD", "is_currency": true });
        partnero.post("/customers/a/balance/credit", credit).await;
        let events = read(&verifier, receiver.all(&partnero).await);
        for event in &events[3..] {
            assert_eq!(event.customer_id().as_deref(), Some("a"), "{form:?}");
        }
        let data = events[3].data();
        let amount = match form {
            RewardedData::Both => &data["reward"]["amount"],
            _ => &data["amount"],
        };
        let is_told = *form != RewardedData::Customer;
        assert_eq!(amount.as_f64(), is_told.then_some(3.0), "{form:?}");
    }
}

/// Each side of a reward has a trigger of its own.
#[tokio::test]
async fn the_friend_is_rewarded_too_and_told_of_it() {
    for (trigger, rule, told, after_sale, after_refund) in [
        (
            RewardTrigger::SignUp,
            RewardRule::fixed("5.00", "USD").unwrap(),
            ["b", "a"],
            "5",
            "5",
        ),
        (
            RewardTrigger::Sale,
            RewardRule::percent("20").unwrap(),
            ["a", "b"],
            "6",
            "",
        ),
        (
            RewardTrigger::FirstSale,
            RewardRule::fixed("5.00", "USD").unwrap(),
            ["a", "b"],
            "5",
            "",
        ),
    ] {
        let sandbox = Sandbox::builder().webhook_delivery(quick());
        let sandbox = sandbox.friend_reward(trigger, rule).start().await;
        let partnero = Partnero::new(sandbox.unwrap());
        let mut receiver = Receiver::start().await;
        let (_, verifier) = subscribe(&partnero, &receiver.url, &["customer.rewarded"]).await;
        add_anna_and_ben(&partnero).await;
        partnero.post("/transactions", sale("order-1")).await;
        let events = read(&verifier, receiver.all(&partnero).await);
        let customers: Vec<_> = events.iter().filter_map(Event::customer_id).collect();
        assert_eq!(customers, told, "{trigger:?}");

        let balance = |id: &str| {
            let customers = partnero.sandbox.customers();
            let customer = customers.iter().find(|customer| customer.id == id).unwrap();
            let balance = customer.balance.first();
            balance
                .map(|amount| amount.amount.clone())
                .unwrap_or_default()
        };
        assert_eq!(
            (balance("a").as_str(), balance("b").as_str()),
            ("3", after_sale)
        );
        partnero.delete("/transactions/order-1").await;
        assert_eq!(
            (balance("a").as_str(), balance("b").as_str()),
            ("", after_refund)
        );
    }
}

/// How often a friend is rewarded is a setting of the program: once, or at each sale.
#[tokio::test]
async fn a_friend_is_rewarded_once_or_at_each_sale() {
    for (trigger, times) in [
        (RewardTrigger::SignUp, [1, 1, 1]),
        (RewardTrigger::FirstSale, [0, 1, 1]),
        (RewardTrigger::Sale, [0, 1, 2]),
    ] {
        let rule = RewardRule::fixed("5.00", "USD").unwrap();
        let sandbox = Sandbox::builder().webhook_delivery(quick());
        let sandbox = sandbox.reward(RewardRule::none());
        let sandbox = sandbox.friend_reward(trigger, rule).start().await;
        let partnero = Partnero::new(sandbox.unwrap());
        let mut receiver = Receiver::start().await;
        let (_, verifier) = subscribe(&partnero, &receiver.url, &["customer.rewarded"]).await;
        add_anna_and_ben(&partnero).await;
        let mut told = Vec::new();
        for sold in [None, Some("order-1"), Some("order-2")] {
            if let Some(key) = sold {
                partnero.post("/transactions", sale(key)).await;
            }
            let events = read(&verifier, receiver.all(&partnero).await);
            assert!(
                events
                    .iter()
                    .all(|event| event.customer_id().as_deref() == Some("b"))
            );
            told.push(told.last().unwrap_or(&0) + events.len());
        }
        assert_eq!(told, times, "{trigger:?}");
        // If the sale that paid is deleted, the next one is the first.
        partnero.delete("/transactions/order-1").await;
        partnero.post("/transactions", sale("order-3")).await;
        let ben = partnero.sandbox.customers().remove(1);
        let expected = if trigger == RewardTrigger::Sale {
            "10"
        } else {
            "5"
        };
        assert_eq!(ben.balance[0].amount, expected, "{trigger:?}");
    }
}
