//! The receivers: one that only reads the body, one that does it by hand, and ours.

use std::str::FromStr;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::{post, post_service};
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use sha2::Sha256;
use tower_partnero::webhook::{SIGNATURE, WebhookService, sign};
use tower_partnero::{Event, WebhookVerifier};

use crate::Failure;
use crate::work;

/// What is served. All get the same request.
#[derive(Clone, Copy)]
pub(crate) struct Arm {
    pub(crate) name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Reads,
    ByHand,
    Extracts,
    Queues,
}

impl Arm {
    /// The first is the baseline of all others.
    pub(crate) const ALL: [Self; 5] = [
        Self::new("reads the body", Kind::Reads),
        Self::new("reads, again", Kind::Reads),
        Self::new("HMAC, JSON by hand", Kind::ByHand),
        Self::new("ours, extractor", Kind::Extracts),
        Self::new("ours, service", Kind::Queues),
    ];

    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }

    #[expect(clippy::unused_self, reason = "the load asks each arm for its request")]
    pub(crate) fn request(self) -> String {
        let body = work::event(20);
        let signature = sign(&work::secret(), &body);
        let length = body.len();
        format!(
            "POST /hook HTTP/1.1\r\nhost: shop.example\r\ncontent-type: application/json\r\n\
             signature: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the server is handed a maker that can fail"
    )]
    pub(crate) fn app(self) -> Result<Router, Failure> {
        let verifier = WebhookVerifier::new(work::secret());
        let app = Router::new();
        let app = match self.kind {
            Kind::Reads => app.route("/hook", post(read)),
            Kind::ByHand => app.route("/hook", post(verify)),
            Kind::Extracts => app.route("/hook", post(extract)),
            Kind::Queues => {
                let (service, mut events) = WebhookService::new(verifier.clone(), 1_024);
                tokio::spawn(async move {
                    while let Some(received) = events.next().await {
                        received.accept();
                    }
                });
                app.route("/hook", post_service(service))
            }
        };
        Ok(app.with_state(verifier))
    }
}

async fn read(body: Bytes) -> StatusCode {
    status(!body.is_empty())
}

async fn extract(event: Event) -> StatusCode {
    status(event.name() == "customer.rewarded")
}

/// What an app writes without us, and takes care of nothing else.
async fn verify(headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(signature) = headers.get(SIGNATURE) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(work::SECRET.as_bytes()) else {
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

impl FromStr for Arm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let arm = Self::ALL.into_iter().find(|arm| arm.name == name);
        arm.ok_or_else(|| format!("no arm is called {name:?}"))
    }
}
