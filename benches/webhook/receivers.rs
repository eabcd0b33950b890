//! The receivers: one that only reads the body, one that does it by hand, and ours.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{MethodRouter, post, post_service};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tower_partnero::webhook::receive::WebhookService;
use tower_partnero::webhook::{SIGNATURE, sign};
use tower_partnero::{Event, WebhookVerifier};

use super::{SECRET, event, secret};
use crate::harness::{Http, Served};

/// All get the same request.
pub(crate) fn served() -> Vec<Served> {
    let body = event(20);
    let (signature, length) = (sign(&secret(), &body), body.len());
    let serve = |name, app: fn() -> Router| Served {
        group: "A webhook of 1.2 kB",
        name,
        http: Http::One,
        request: format!(
            "POST /hook HTTP/1.1\r\nhost: shop.example\r\ncontent-type: application/json\r\n\
             signature: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
        ),
        app: Box::new(app),
    };
    vec![
        serve("reads the body", || app(post(read))),
        serve("the same, again", || app(post(read))),
        serve("`hmac` and `serde_json` by hand", || app(post(verify))),
        serve("ours, `Event` as an extractor", || app(post(extract))),
        serve("ours, `WebhookService` and its queue", queueing),
    ]
}

/// Every app has a state, because axum allocates for a state.
fn app(hook: MethodRouter<WebhookVerifier>) -> Router {
    let app = Router::new().route("/hook", hook);
    app.with_state(WebhookVerifier::new(secret()))
}

fn queueing() -> Router {
    let (service, mut events) = WebhookService::new(WebhookVerifier::new(secret()), 1_024);
    tokio::spawn(async move {
        while let Some(received) = events.next().await {
            received.accept();
        }
    });
    app(post_service(service))
}

async fn read(body: Bytes) -> StatusCode {
    status(!body.is_empty())
}

async fn extract(event: Event) -> StatusCode {
    status(event.name() == "customer.rewarded")
}

/// What an app writes without this crate: it verifies the signature and reads the event.
async fn verify(headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(signature) = headers.get(SIGNATURE) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
        return StatusCode::INTERNAL_SERVER_ERROR;
    };
    let pairs = signature.as_bytes().chunks(2);
    let tag: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let is_signed = tag.is_some_and(|tag| mac.chain_update(&body).verify_slice(&tag).is_ok());
    if !is_signed {
        return StatusCode::UNAUTHORIZED;
    }
    let event = serde_json::from_slice::<serde_json::Value>(&body);
    status(event.is_ok_and(|event| event["event"] == "customer.rewarded"))
}

fn status(is_good: bool) -> StatusCode {
    if is_good {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    }
}
