//! What the verifier accepts.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};
use tower_partnero::webhook::{
    Event, OLDER_SIGNATURE, SIGNATURE, WebhookError, WebhookErrorKind as Kind, WebhookSecret, sign,
};

use crate::support::{EVENT, secret, signed, signed_by, verifier};

fn kind(result: Result<Event, WebhookError>) -> Kind {
    result.unwrap_err().kind()
}

#[test]
fn what_partnero_signed_is_let_in() {
    let event = verifier().verify(&signed(EVENT), EVENT).unwrap();
    assert_eq!(event.name(), "customer.rewarded");
    assert_eq!(event.body(), EVENT.as_bytes());
}

#[test]
fn a_body_that_was_changed_by_one_byte_is_refused() {
    let headers = signed(EVENT);
    for index in 0..EVENT.len() {
        let mut body = EVENT.as_bytes().to_vec();
        body[index] ^= 1;
        assert_eq!(kind(verifier().verify(&headers, body)), Kind::Mismatch);
    }
    for cut in [0, 1, EVENT.len() - 1] {
        let result = verifier().verify(&headers, &EVENT.as_bytes()[..cut]);
        assert_eq!(kind(result), Kind::Mismatch);
    }
    let longer = format!("{EVENT} ");
    assert_eq!(kind(verifier().verify(&headers, longer)), Kind::Mismatch);
}

#[test]
fn json_that_was_written_again_is_refused() {
    let value: serde_json::Value = serde_json::from_str(EVENT).unwrap();
    let again = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(
        kind(verifier().verify(&signed(EVENT), again)),
        Kind::Mismatch
    );
}

#[test]
fn each_of_several_secrets_counts_and_no_other() {
    let other = |text: &str| WebhookSecret::new(text).unwrap();
    let verifier = verifier().secret(other("second")).secret(other("third"));
    for secret in [secret(), other("second"), other("third")] {
        assert!(verifier.verify(&signed_by(&secret, EVENT), EVENT).is_ok());
    }
    for text in ["fourth", "Second", "dhju0cgyxmug1234"] {
        let headers = signed_by(&other(text), EVENT);
        assert_eq!(kind(verifier.verify(&headers, EVENT)), Kind::Mismatch);
    }
}

#[test]
fn nothing_unsigned_is_parsed() {
    let body = "no json at all";
    let forged = signed_by(&WebhookSecret::new("guess").unwrap(), body);
    assert_eq!(kind(verifier().verify(&forged, body)), Kind::Mismatch);
    assert_eq!(kind(verifier().verify(&signed(body), body)), Kind::NoEvent);
}

#[test]
fn the_sender_of_whatever_is_not_proven_learns_one_thing() {
    let right = sign(&secret(), EVENT);
    let mut statuses = Vec::new();
    for value in [
        None,
        Some(String::new()),
        Some(right.to_uppercase()),
        Some(format!("sha256={right}")),
        Some(right[..62].to_owned()),
        Some(format!("{right}, {right}")),
        Some(right.replace(|c: char| c.is_ascii_digit(), "x")),
        Some(sign(&WebhookSecret::new("guess").unwrap(), EVENT)),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(SIGNATURE, HeaderValue::try_from(value).unwrap());
        }
        let error = verifier().verify(&headers, EVENT).unwrap_err();
        statuses.push(error.status());
    }
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
}

#[test]
fn the_older_header_is_read_by_choice() {
    let signature = HeaderValue::try_from(sign(&secret(), EVENT)).unwrap();
    let headers = HeaderMap::from_iter([(OLDER_SIGNATURE, signature)]);
    assert_eq!(
        kind(verifier().verify(&headers, EVENT)),
        Kind::MissingSignature
    );
    assert!(
        verifier()
            .older_header(true)
            .verify(&headers, EVENT)
            .is_ok()
    );
}

#[test]
fn age_counts_by_choice_and_in_both_directions() {
    let created_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_746_812_533);
    let year = Duration::from_secs(365 * 86_400);
    let headers = signed(EVENT);
    let any_age = verifier();
    assert!(
        any_age
            .verify_at(&headers, EVENT, created_at + year)
            .is_ok()
    );

    let hour = Duration::from_secs(3_600);
    let second = Duration::from_secs(1);
    let fresh = verifier().max_age(hour);
    for (now, accepted) in [
        (created_at, true),
        (created_at + hour, true),
        (created_at + hour + second, false),
        (created_at - hour, true),
        (created_at - hour - second, false),
    ] {
        match fresh.verify_at(&headers, EVENT, now) {
            Ok(_) => assert!(accepted),
            Err(error) => assert_eq!((error.kind(), accepted), (Kind::Stale, false)),
        }
    }
    for body in [
        r#"{"event":"customer.rewarded"}"#,
        r#"{"event":"customer.rewarded","created_at":"lately"}"#,
    ] {
        let result = fresh.verify_at(&signed(body), body, created_at);
        assert_eq!(kind(result), Kind::NoTime);
    }
    // A forgery is one, whatever its age.
    let forged = signed("something else");
    let result = fresh.verify_at(&forged, EVENT, created_at + year);
    assert_eq!(kind(result), Kind::Mismatch);
}

#[test]
fn no_secret_is_printed() {
    let secret = secret();
    let verifier = verifier().secret(WebhookSecret::new("an0ther-secret").unwrap());
    let printed = format!("{secret:?} {verifier:?}");
    assert!(!printed.contains("DHjU") && !printed.contains("an0ther"));
    assert!(printed.contains("[redacted]"));
}
