//! The fingerprint by which a repeated event is recognised, because events have no identifier.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::signature::hex;

/// The fingerprint of an event: SHA-256. Two deliveries with the same fingerprint are the same
/// event.
///
/// It prints as 64 lower-case hexadecimal digits, and an inbox stores it in this form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventDigest([u8; 32]);

impl EventDigest {
    /// The digest's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The fingerprint of an event that somebody else has told, such as a payment provider, by the
    /// identifier that the event has there. So one inbox keeps the events of all.
    ///
    /// ```
    /// use tower_partnero::webhook::EventDigest;
    ///
    /// let first = EventDigest::of_foreign("stripe", "evt_1");
    /// assert_eq!(first, EventDigest::of_foreign("stripe", "evt_1"));
    /// assert_ne!(first, EventDigest::of_foreign("paddle", "evt_1"));
    /// ```
    #[must_use]
    pub fn of_foreign(source: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        // The lengths keep two different pairs from giving the same bytes, and a pair apart from
        // Partnero's JSON.
        for part in [source, id] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    pub(super) fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// The digest of every field of the envelope except its time, as the fields were sent.
    pub(super) fn without_time(body: &[u8]) -> Self {
        let mut reader = serde_json::Deserializer::from_slice(body);
        match reader.deserialize_map(Fields(Sha256::new())) {
            Ok(hash) => Self(hash.finalize().into()),
            // A body that is no object has no time to leave out.
            Err(_) => Self::of(body),
        }
    }
}

/// Hashes the fields of an object one by one, without building the object.
struct Fields(Sha256);

impl<'de> Visitor<'de> for Fields {
    type Value = Sha256;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Sha256, A::Error> {
        while let Some((name, value)) = fields.next_entry::<String, &RawValue>()? {
            // Each of the two documented envelopes has one of these names.
            if matches!(name.as_str(), "created_at" | "timestamp") {
                continue;
            }
            // The lengths keep two different lists of fields from giving the same bytes.
            for part in [name.as_bytes(), value.get().as_bytes()] {
                self.0.update(part.len().to_be_bytes());
                self.0.update(part);
            }
        }
        Ok(self.0)
    }
}

impl fmt::Display for EventDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for EventDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventDigest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_usual_sum_of_the_body() {
        assert_eq!(
            EventDigest::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn without_time_only_the_envelopes_time_is_left_out() {
        let without = |body: &str| EventDigest::without_time(body.as_bytes());
        let one = without(r#"{"event":"e","created_at":"2025","data":{"created_at":1}}"#);
        for same in [
            r#"{"event":"e","created_at":"2026","data":{"created_at":1}}"#,
            r#"{"created_at":null,"event":"e", "data": {"created_at":1}}"#,
            r#"{"event":"e","data":{"created_at":1},"timestamp":7}"#,
            r#"{"event":"e","data":{"created_at":1}}"#,
        ] {
            assert_eq!(without(same), one, "{same}");
        }
        for other in [
            r#"{"event":"e","data":{"created_at":2}}"#,
            r#"{"event":"e","data":{"created_at":1.0}}"#,
            r#"{"event":"f","data":{"created_at":1}}"#,
            r#"{"event":"e","data":{"created_at":1},"url":""}"#,
            r#"{"event":"e\",\"data\":{\"created_at\":1}"}"#,
        ] {
            assert_ne!(without(other), one, "{other}");
        }
        assert_eq!(without("no json"), EventDigest::of(b"no json"));
    }
}
