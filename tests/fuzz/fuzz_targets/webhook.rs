//! Whatever comes as a webhook: the first line of input is the header with the signature, the rest
//! the body. Then the same body, signed as Partnero would, and by somebody else.
#![no_main]

use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use tower_partnero::webhook::{
    EventKind, OLDER_SIGNATURE, SIGNATURE, WebhookErrorKind as Kind, WebhookSecret, sign,
};
use tower_partnero::{Event, WebhookVerifier};

static OURS: LazyLock<[WebhookSecret; 2]> = LazyLock::new(|| [secret("first"), secret("second")]);
static THEIRS: LazyLock<WebhookSecret> = LazyLock::new(|| secret("guess"));
static VERIFIER: LazyLock<WebhookVerifier> = LazyLock::new(|| {
    let [first, second] = OURS.clone();
    let verifier = WebhookVerifier::new(first).secret(second);
    verifier.older_header(true)
});

fn secret(text: &str) -> WebhookSecret {
    WebhookSecret::new(text).unwrap()
}

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n');
    let (line, body) = data.split_at(end.unwrap_or(0));
    for name in [SIGNATURE, OLDER_SIGNATURE] {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            refuses(name.clone(), value, body);
        }
        refuses(name, signed_by(&THEIRS, body), body);
    }

    let mut changed = body.to_vec();
    changed.push(b' ');
    for secret in OURS.iter() {
        refuses(SIGNATURE, signed_by(secret, &changed), body);
        let headers = HeaderMap::from_iter([(SIGNATURE, signed_by(secret, body))]);
        match VERIFIER.verify(&headers, body) {
            Ok(event) => check(&event, body),
            Err(error) => {
                assert_eq!(error.kind(), Kind::NoEvent);
                assert!(Event::from_stored(body).is_err());
            }
        }
    }
});

fn signed_by(secret: &WebhookSecret, body: &[u8]) -> HeaderValue {
    HeaderValue::try_from(sign(secret, body)).unwrap()
}

/// Nobody gets in without a secret, and all who do not are told the same.
fn refuses(name: HeaderName, signature: HeaderValue, body: &[u8]) {
    let headers = HeaderMap::from_iter([(name, signature)]);
    let error = VERIFIER.verify(&headers, body).unwrap_err();
    assert_eq!(error.status(), 401, "{:?}", error.kind());
}

/// It is kept as it came, and read again it is the same.
fn check(event: &Event, body: &[u8]) {
    assert_eq!(event.body(), body);
    assert_eq!(event.envelope()["event"], event.name());
    assert_eq!(event.kind(), EventKind::of(event.name()));
    let again = Event::from_stored(event.body()).unwrap();
    assert_eq!(again.envelope(), event.envelope());
    assert_eq!(again.digest(), event.digest());
    assert_eq!(again.digest_without_time(), event.digest_without_time());
    assert_ne!(event.digest(), event.digest_without_time());
    assert_eq!(again.created_at(), event.created_at());
    assert_eq!(again.customer_id(), event.customer_id());
    assert_eq!(again.partner_id(), event.partner_id());
    assert!(!format!("{event:?}").is_empty());
    views(event);

    // At another time it is the same event, and with other data it is another.
    let as_sent_at = |time: &str, data: &Value| {
        let mut envelope: Map<String, Value> = event.envelope().clone();
        envelope.insert("created_at".to_owned(), time.into());
        envelope.insert("data".to_owned(), data.clone());
        Event::from_stored(serde_json::to_vec(&envelope).unwrap()).unwrap()
    };
    let first = as_sent_at("1970-01-01T00:00:00Z", event.data());
    let later = as_sent_at("1970-01-01T00:00:01Z", event.data());
    assert_eq!(first.created_at(), Some(UNIX_EPOCH));
    assert_ne!(first.digest(), later.digest());
    assert_eq!(first.digest_without_time(), later.digest_without_time());
    let other = match event.data() {
        Value::Null => Value::from(0),
        _ => Value::Null,
    };
    let other = as_sent_at("1970-01-01T00:00:00Z", &other);
    assert_ne!(first.digest_without_time(), other.digest_without_time());
}

/// Each view is only of the events of its own noun.
fn views(event: &Event) {
    let is_about = |noun: &str| event.name().starts_with(noun);
    if let Some(partner) = event.partner() {
        assert!(is_about("partner.") && !partner.raw.is_empty());
    }
    if let Some(lead) = event.lead() {
        assert!(is_about("lead.") && !lead.raw.is_empty());
    }
    if let Some(customer) = event.customer() {
        assert!(is_about("customer.") && !customer.raw.is_empty());
    }
    if let Some(transaction) = event.transaction() {
        assert!(is_about("transaction.") && !transaction.raw.is_empty());
        for reward in &transaction.rewards {
            assert!(!format!("{reward:?}").is_empty());
        }
    }
    if let Some(reward) = event.reward() {
        assert!(is_about("reward.") || event.name() == "customer.rewarded");
        assert!(!format!("{reward:?}").is_empty());
    }
}
