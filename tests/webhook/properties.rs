//! Verification and parsing, on whatever can come.

use http::HeaderValue;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower_partnero::Event;
use tower_partnero::webhook::{SIGNATURE, WebhookErrorKind, WebhookSecret, sign};

use crate::support::{secret, signed, verifier};

/// A failing case is to become a plain test beside the code, so no seeds are kept.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_and_no_signature_panic(body: Vec<u8>, signature: Vec<u8>) {
        if let Ok(value) = HeaderValue::from_bytes(&signature) {
            let headers = [(SIGNATURE, value)].into_iter().collect();
            prop_assert!(verifier().verify(&headers, body.clone()).is_err());
        }
        let _ = Event::from_stored(body);
    }

    #[test]
    fn only_the_own_signature_of_a_body_is_accepted(body: Vec<u8>, other: Vec<u8>, key in "[!-~]{1,40}") {
        let kind = |headers| verifier().verify(&headers, body.clone()).map_err(|error| error.kind());
        let own = kind(signed(&body));
        prop_assert!(matches!(own, Ok(_) | Err(WebhookErrorKind::NoEvent)), "{own:?}");
        if other != body {
            prop_assert_eq!(kind(signed(&other)).unwrap_err(), WebhookErrorKind::Mismatch);
        }
        if key != secret().expose() {
            let value = sign(&WebhookSecret::new(key).unwrap(), &body);
            let headers = [(SIGNATURE, HeaderValue::try_from(value).unwrap())].into_iter().collect();
            prop_assert_eq!(kind(headers).unwrap_err(), WebhookErrorKind::Mismatch);
        }
    }

    #[test]
    fn an_event_with_any_data_is_one_and_comes_back(name in ".*", data in any_json(), time in any_json(), pretty: bool) {
        let value = json!({ "event": name, "created_at": time, "data": data, "more": data });
        let body = if pretty { format!("{value:#}") } else { value.to_string() };
        let event = verifier().verify(&signed(&body), body.clone()).unwrap();
        prop_assert_eq!(event.name(), &name);
        let as_read: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(event.data(), &as_read["data"]);
        prop_assert_eq!(event.body(), body.as_bytes());
        let _ = (event.created_at(), event.customer_id(), event.customer(), event.reward());
        let stored = Event::from_stored(event.body()).unwrap();
        prop_assert_eq!(stored.digest(), event.digest());
        prop_assert_eq!(stored.digest_without_time(), event.digest_without_time());
    }

    #[test]
    fn the_digest_without_time_forgets_the_time_alone(data in any_json(), one in any_json(), other in any_json()) {
        let event = |time: &Value, data: &Value| {
            let body = json!({ "event": "e", "created_at": time, "data": data }).to_string();
            Event::from_stored(body).unwrap()
        };
        let (first, second) = (event(&one, &data), event(&other, &data));
        prop_assert_eq!(first.digest_without_time(), second.digest_without_time());
        prop_assert_eq!(first.digest() == second.digest(), first.body() == second.body());
        let changed = event(&one, &json!([data]));
        prop_assert_ne!(changed.digest_without_time(), first.digest_without_time());
    }
}
