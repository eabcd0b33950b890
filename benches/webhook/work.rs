//! One webhook, verified and read: by our verifier, and by the bare crates beneath it.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sha2::Sha256;
use tower_partnero::WebhookVerifier;
use tower_partnero::webhook::{SIGNATURE, WebhookError, WebhookErrorKind, WebhookSecret, sign};

pub(crate) const ROUNDS: u32 = 50;

pub(crate) const SECRET: &str = "DHjU0cGYxMUG1234";

pub(crate) trait Work {
    /// Gets the next body ready; not counted.
    fn prepare(&mut self);

    /// Verifies and reads it; counted.
    fn serve(&mut self);
}

pub(crate) fn secret() -> WebhookSecret {
    WebhookSecret::new(SECRET).expect("a secret")
}

/// A customer's event with so many links.
pub(crate) fn event(links: usize) -> String {
    let links: Vec<String> = (0..links)
        .map(|number| format!("https://shop.example/?ref=anna-{number}"))
        .collect();
    let body = json!({
        "event": "customer.rewarded", "url": "https://shop.example/partnero",
        "webhook_key": "wh_0123456789", "created_at": "2025-05-09T17:42:13.000000Z",
        "data": {
            "id": "7", "key": "anna-7", "email": "anna@shop.example", "name": "Anna",
            "surname": null, "status": "active", "approved": true, "referring_customer": null,
            "referrals_count": 3, "metadata": {"date_of_birth": null}, "custom_fields": {},
            "referral_link": "https://shop.example/?ref=anna-7", "referral_links": links,
            "created_at": "2025-05-09T17:42:13.000000Z", "updated_at": "2025-05-09T17:42:13.000000Z"
        }
    });
    body.to_string()
}

/// The shortest event that names its customer.
pub(crate) fn short_event() -> String {
    let body = json!({
        "event": "customer.rewarded", "url": "https://shop.example/partnero",
        "webhook_key": "wh_0123456789", "created_at": "2025-05-09T17:42:13.000000Z",
        "data": {
            "id": "7", "key": "anna-7", "email": "anna@shop.example", "name": "Anna",
            "status": "active", "created_at": "2025-05-09T17:42:13.000000Z"
        }
    });
    body.to_string()
}

/// HMAC and JSON alone. The key is hashed beforehand, as ours is.
pub(crate) struct Bare {
    mac: Hmac<Sha256>,
    body: String,
    tag: Vec<u8>,
}

impl Bare {
    pub(crate) fn new(body: &str) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        let tag = mac.clone().chain_update(body).finalize().into_bytes();
        Self {
            mac,
            body: body.to_owned(),
            tag: tag.to_vec(),
        }
    }
}

impl Work for Bare {
    fn prepare(&mut self) {}

    fn serve(&mut self) {
        let body = black_box(self.body.as_bytes());
        let mac = self.mac.clone().chain_update(body);
        mac.verify_slice(&self.tag).expect("the signature is right");
        let value: Value = serde_json::from_slice(body).expect("JSON");
        drop(black_box(value));
    }
}

/// Our verifier, and what it is to say.
pub(crate) struct Ours {
    verifier: WebhookVerifier,
    headers: HeaderMap,
    refusal: Option<WebhookErrorKind>,
    body: String,
    next: Vec<u8>,
}

impl Ours {
    pub(crate) fn accepted(body: &str) -> Self {
        Self::new(body, &[&sign(&secret(), body)], None)
    }

    pub(crate) fn refused(body: &str, signatures: &[&str], why: WebhookErrorKind) -> Self {
        Self::new(body, signatures, Some(why))
    }

    fn new(body: &str, signatures: &[&str], refusal: Option<WebhookErrorKind>) -> Self {
        let signatures = signatures
            .iter()
            .map(|text| (SIGNATURE, HeaderValue::from_str(text).expect("a header")));
        Self {
            verifier: WebhookVerifier::new(secret()),
            headers: signatures.collect(),
            refusal,
            body: body.to_owned(),
            next: Vec::new(),
        }
    }
}

impl Work for Ours {
    fn prepare(&mut self) {
        self.next = self.body.clone().into_bytes();
    }

    fn serve(&mut self) {
        let body = std::mem::take(&mut self.next);
        let event = self.verifier.verify(&self.headers, black_box(body));
        assert_eq!(event.as_ref().err().map(WebhookError::kind), self.refusal);
        drop(black_box(event));
    }
}
