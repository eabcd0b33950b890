//! How the sandbox sends its webhooks: again, twice, out of order, and to this machine only.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tower_partnero::Sandbox;
use tower_partnero::sandbox::switches::WebhookRetryTime;

use crate::receiver::{connected, quick, read, subscribe};
use crate::support::Partnero;

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
