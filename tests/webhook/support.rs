//! A secret, and signed requests.

use http::{HeaderMap, HeaderValue};
use tower_partnero::WebhookVerifier;
use tower_partnero::webhook::{SIGNATURE, WebhookSecret, sign};

pub(crate) const EVENT: &str = r#"{"event":"customer.rewarded","url":"https://shop.example/p","webhook_key":"wh1","created_at":"2025-05-09T17:42:13.000000Z","data":{"id":"7","email":"anna@shop.example"}}"#;

pub(crate) fn secret() -> WebhookSecret {
    WebhookSecret::new("DHjU0cGYxMUG1234").unwrap()
}

pub(crate) fn verifier() -> WebhookVerifier {
    WebhookVerifier::new(secret())
}

/// The headers of a request whose body was signed with this secret.
pub(crate) fn signed_by(secret: &WebhookSecret, body: impl AsRef<[u8]>) -> HeaderMap {
    let signature = HeaderValue::try_from(sign(secret, body)).unwrap();
    HeaderMap::from_iter([(SIGNATURE, signature)])
}

pub(crate) fn signed(body: impl AsRef<[u8]>) -> HeaderMap {
    signed_by(&secret(), body)
}
