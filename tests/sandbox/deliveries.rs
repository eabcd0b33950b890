//! The events that the sandbox sends, and how.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower_partnero::sandbox::WebhookDelivery;
use tower_partnero::sandbox::switches::{
    RewardedData, WebhookEnvelope, WebhookHeader, WebhookRetryTime,
};
use tower_partnero::webhook::{EventKind, WebhookSecret};
use tower_partnero::{Event, Sandbox, WebhookVerifier};

use crate::support::{Partnero, add_anna_and_ben};

const EVENTS: [&str; 7] = [
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.rewarded",
    "customer.credited",
    "transaction.created",
    "transaction.deleted",
];

/// An app that writes down what comes, and answers what it is told to.
struct Receiver {
    url: String,
    inbox: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    answers: mpsc::UnboundedSender<StatusCode>,
}

#[derive(Clone)]
struct Desk {
    inbox: mpsc::UnboundedSender<(HeaderMap, Bytes)>,
    answers: std::sync::Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<StatusCode>>>,
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    desk.inbox.send((headers, body)).unwrap();
    let answer = desk.answers.lock().await.try_recv();
    answer.unwrap_or(StatusCode::OK)
}

impl Receiver {
    async fn start() -> Self {
        let (inbox, received) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        let answered = std::sync::Arc::new(tokio::sync::Mutex::new(answered));
        let desk = Desk {
            inbox,
            answers: answered,
        };
        let app = Router::new().route("/hook", post(receive)).with_state(desk);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, app).into_future());
        Self {
            url,
            inbox: received,
            answers,
        }
    }

    fn answer(&self, statuses: &[u16]) {
        for status in statuses {
            let status = StatusCode::from_u16(*status).unwrap();
            self.answers.send(status).unwrap();
        }
    }

    /// Everything that came, once nothing more is on its way.
    async fn all(&mut self, partnero: &Partnero) -> Vec<(HeaderMap, Bytes)> {
        partnero.sandbox.webhooks_settled().await;
        let mut all = Vec::new();
        while let Ok(one) = self.inbox.try_recv() {
            all.push(one);
        }
        all
    }
}

fn quick() -> WebhookDelivery {
    WebhookDelivery::new().backoff(Duration::from_millis(1))
}

/// A sandbox that tells a receiver everything, and the verifier of its subscription.
async fn connected() -> (Partnero, Receiver, WebhookVerifier) {
    let sandbox = Sandbox::builder().webhook_delivery(quick()).start();
    let partnero = Partnero::new(sandbox.await.unwrap());
    let receiver = Receiver::start().await;
    let (key, verifier) = subscribe(&partnero, &receiver.url, &EVENTS).await;
    assert!(!key.is_empty());
    (partnero, receiver, verifier)
}

async fn subscribe(partnero: &Partnero, url: &str, events: &[&str]) -> (String, WebhookVerifier) {
    let body = json!({ "name": "Shop", "url": url, "events": events });
    let (_, made) = partnero.post("/webhooks", body).await;
    let text = |field: &str| made["data"][field].as_str().unwrap().to_owned();
    let secret = WebhookSecret::new(text("signature")).unwrap();
    (text("key"), WebhookVerifier::new(secret))
}

fn sale(key: &str) -> Value {
    json!({ "key": key, "amount": 30, "customer": { "id": "b" } })
}

fn read(verifier: &WebhookVerifier, all: Vec<(HeaderMap, Bytes)>) -> Vec<Event> {
    let all = all.into_iter();
    all.map(|(headers, body)| verifier.verify(&headers, body).unwrap())
        .collect()
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::name).collect()
}

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
async fn no_2xx_is_tried_again_and_no_more_than_asked_for() {
    let (partnero, mut receiver, verifier) = connected().await;
    receiver.answer(&[503, 302, 500]);
    partnero.post("/customers", json!({ "id": "a" })).await;
    let events = read(&verifier, receiver.all(&partnero).await);
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(|event| event.body() == events[0].body()));
    let statuses = partnero.sandbox.webhooks();
    let statuses = statuses.iter().map(|sent| sent.status.unwrap().as_u16());
    assert_eq!(statuses.collect::<Vec<_>>(), [503, 302, 500, 200]);

    partnero.sandbox.deliver_webhooks(quick().attempts(2));
    receiver.answer(&[500; 2]);
    partnero.post("/customers", json!({ "id": "b" })).await;
    assert_eq!(receiver.all(&partnero).await.len(), 2);
}

#[tokio::test]
async fn a_retry_may_bear_a_new_time() {
    let (partnero, mut receiver, verifier) = connected().await;
    partnero.sandbox.switch(WebhookRetryTime::New);
    receiver.answer(&[500]);
    partnero.post("/customers", json!({ "id": "a" })).await;
    let events = read(&verifier, receiver.all(&partnero).await);
    assert_eq!(events.len(), 2);
    assert_ne!(events[0].digest(), events[1].digest());
    assert_eq!(
        events[0].digest_without_time(),
        events[1].digest_without_time()
    );
}

#[tokio::test]
async fn events_come_twice_and_out_of_order_on_demand() {
    let (partnero, mut receiver, verifier) = connected().await;
    let twice = quick().duplicate_every(2);
    partnero.sandbox.deliver_webhooks(twice);
    for id in ["1", "2", "3", "4"] {
        partnero.post("/customers", json!({ "id": id })).await;
    }
    let events = read(&verifier, receiver.all(&partnero).await);
    let ids: Vec<_> = events
        .iter()
        .map(|event| event.customer_id().unwrap())
        .collect();
    assert_eq!(ids, ["1", "2", "2", "3", "4", "4"]);

    let scattered = quick().scatter(Duration::from_millis(200));
    partnero.sandbox.deliver_webhooks(scattered);
    let ids: Vec<String> = (10..50).map(|id| id.to_string()).collect();
    for id in &ids {
        partnero.post("/customers", json!({ "id": id })).await;
    }
    let events = read(&verifier, receiver.all(&partnero).await);
    let mut came: Vec<_> = events
        .iter()
        .map(|event| event.customer_id().unwrap())
        .collect();
    assert_ne!(came, ids);
    came.sort();
    assert_eq!(came, ids);
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

#[tokio::test]
async fn nothing_leaves_this_machine() {
    let (partnero, mut receiver, _) = connected().await;
    partnero.sandbox.deliver_webhooks(quick().attempts(1));
    for url in [
        "https://127.0.0.1:1/",
        "http://192.0.2.1/",
        "http://127.0.0.1:1/",
    ] {
        let _ = subscribe(&partnero, url, &["customer.created"]).await;
    }
    partnero.post("/customers", json!({ "id": "a" })).await;
    assert_eq!(receiver.all(&partnero).await.len(), 1);
    let sent = partnero.sandbox.webhooks();
    assert_eq!(sent.iter().filter(|sent| sent.status.is_none()).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_in_time_is_asked_again() {
    let partnero = Partnero::new(Sandbox::builder().start().await.unwrap());
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let _ = subscribe(&partnero, &url, &["customer.created"]).await;
    let started = tokio::time::Instant::now();
    partnero.post("/customers", json!({ "id": "a" })).await;
    partnero.sandbox.webhooks_settled().await;
    assert_eq!(partnero.sandbox.webhooks().len(), 5);
    let least = Duration::from_secs(5 * 5 + 1 + 2 + 4 + 8);
    assert!(started.elapsed() >= least, "{:?}", started.elapsed());
}
