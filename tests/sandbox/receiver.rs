//! An app that receives the webhooks of the sandbox.

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
use tower_partnero::webhook::WebhookSecret;
use tower_partnero::{Event, Sandbox, WebhookVerifier};

use crate::support::Partnero;

const EVENTS: [&str; 7] = [
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.rewarded",
    "customer.credited",
    "transaction.created",
    "transaction.deleted",
];

/// An app that stores each webhook, and answers as a test told it.
pub(crate) struct Receiver {
    pub(crate) url: String,
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
    pub(crate) async fn start() -> Self {
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

    pub(crate) fn answer(&self, statuses: &[u16]) {
        for status in statuses {
            let status = StatusCode::from_u16(*status).unwrap();
            self.answers.send(status).unwrap();
        }
    }

    /// All webhooks that arrived, when no more are on their way.
    pub(crate) async fn all(&mut self, partnero: &Partnero) -> Vec<(HeaderMap, Bytes)> {
        partnero.sandbox.webhooks_settled().await;
        let mut all = Vec::new();
        while let Ok(one) = self.inbox.try_recv() {
            all.push(one);
        }
        all
    }
}

pub(crate) fn quick() -> WebhookDelivery {
    WebhookDelivery::new().backoff(Duration::from_millis(1))
}

/// A sandbox that sends all events to a receiver, and the verifier of that subscription.
pub(crate) async fn connected() -> (Partnero, Receiver, WebhookVerifier) {
    let sandbox = Sandbox::builder().webhook_delivery(quick()).start();
    let partnero = Partnero::new(sandbox.await.unwrap());
    let receiver = Receiver::start().await;
    let (key, verifier) = subscribe(&partnero, &receiver.url, &EVENTS).await;
    assert!(!key.is_empty());
    (partnero, receiver, verifier)
}

pub(crate) async fn subscribe(
    partnero: &Partnero,
    url: &str,
    events: &[&str],
) -> (String, WebhookVerifier) {
    let body = json!({ "name": "Shop", "url": url, "events": events });
    let (_, made) = partnero.post("/webhooks", body).await;
    let text = |field: &str| made["data"][field].as_str().unwrap().to_owned();
    let secret = WebhookSecret::new(text("signature")).unwrap();
    (text("key"), WebhookVerifier::new(secret))
}

pub(crate) fn sale(key: &str) -> Value {
    json!({ "key": key, "amount": 30, "customer": { "id": "b" } })
}

pub(crate) fn read(verifier: &WebhookVerifier, all: Vec<(HeaderMap, Bytes)>) -> Vec<Event> {
    let all = all.into_iter();
    all.map(|(headers, body)| verifier.verify(&headers, body).unwrap())
        .collect()
}

pub(crate) fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::name).collect()
}
