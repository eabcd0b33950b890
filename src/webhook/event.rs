//! An event that Partnero sent, and typed views of its data.
//!
//! Partnero's documentation shows the data of `partner.created` alone. That the data of the other
//! events has the form of the API's answers is inferred, so every view may be absent.

use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::digest::EventDigest;
use super::error::{WebhookError, WebhookErrorKind};
use super::kind::EventKind;
use crate::values;

/// Something that happened at Partnero.
///
/// Partnero's documentation has two envelopes, `{"event", "url", "webhook_key", "created_at",
/// "data"}` (<https://docs.partnero.com/api-reference/webhooks/overview>) and in an older version
/// `{"event", "data", "timestamp"}`; both are read. An event or a field that this crate does not
/// know is no error. The body is kept as it came, so that an event can be stored and read again.
///
/// With the feature `axum` this is an extractor: see the [module docs](crate::webhook).
///
/// `Debug` shows no data, because there are names and addresses in it.
#[derive(Clone)]
pub struct Event {
    body: Vec<u8>,
    envelope: Map<String, Value>,
    kind: EventKind,
}

impl Event {
    /// Reads an event from the [`body`](Self::body) that the app stored after it was verified. The
    /// signature is not checked again.
    ///
    /// # Errors
    ///
    /// [`NoEvent`](WebhookErrorKind::NoEvent) if the body is no JSON object with the name of an
    /// event.
    pub fn from_stored(body: impl Into<Vec<u8>>) -> Result<Self, WebhookError> {
        Self::from_verified(body.into())
    }

    pub(super) fn from_verified(body: Vec<u8>) -> Result<Self, WebhookError> {
        let no_event = || WebhookError::new(WebhookErrorKind::NoEvent);
        let envelope: Map<String, Value> =
            serde_json::from_slice(&body).map_err(|error| no_event().with_source(error))?;
        // The name is all that both documented envelopes have in common.
        let Some(Value::String(name)) = envelope.get("event") else {
            return Err(no_event());
        };
        let kind = EventKind::of(name);
        Ok(Self {
            body,
            envelope,
            kind,
        })
    }

    /// The name, as `customer.rewarded`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("event").unwrap_or_default()
    }

    /// The kind of event.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// The key of the subscription by which the event was sent. The older envelope has none.
    #[must_use]
    pub fn webhook_key(&self) -> Option<&str> {
        self.text("webhook_key")
    }

    /// The time in the envelope; `None` if there is none, or it cannot be read. No source says whether
    /// it is the time of the event or of this delivery.
    #[must_use]
    pub fn created_at(&self) -> Option<SystemTime> {
        values::time(self.created_at_raw()?)
    }

    /// The time as Partnero wrote it, in `created_at` or `timestamp`.
    #[must_use]
    pub fn created_at_raw(&self) -> Option<&Value> {
        let fields = ["created_at", "timestamp"];
        let mut values = fields.iter().filter_map(|field| self.envelope.get(*field));
        values.find(|value| !value.is_null())
    }

    /// What the event is about, as Partnero wrote it; null if there is nothing.
    #[must_use]
    pub fn data(&self) -> &Value {
        self.envelope.get("data").unwrap_or(&Value::Null)
    }

    /// The whole envelope, also the fields that have no method here.
    #[must_use]
    pub fn envelope(&self) -> &Map<String, Value> {
        &self.envelope
    }

    /// The body, byte for byte. Store it to read the event again with
    /// [`from_stored`](Self::from_stored).
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes the body out.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The fingerprint by which a repeated event is recognised. Partnero sends no identifier, so this
    /// is the digest of the whole body.
    ///
    /// When Partnero sends an event again, the body has the same bytes, unless Partnero gives it a
    /// new `created_at`. No source says whether Partnero does: see
    /// [`digest_without_time`](Self::digest_without_time).
    ///
    /// Two events with the same bytes have the same digest. The published examples show times in
    /// whole seconds, so two rewards in one second may have the same bytes. An effect that may be
    /// repeated, such as asking for the balance, needs no digest.
    #[must_use]
    pub fn digest(&self) -> EventDigest {
        EventDigest::of(&self.body)
    }

    /// As [`digest`](Self::digest), without the time in the envelope.
    ///
    /// A retry with a new time has the same digest. But two events that differ in their time alone
    /// have the same digest, too: for example two rewards of the same amount for the same customer,
    /// if their data names neither the sale nor a time. Use it if having an effect twice is worse
    /// than missing it once.
    #[must_use]
    pub fn digest_without_time(&self) -> EventDigest {
        EventDigest::without_time(&self.body)
    }

    /// The identifier, or else the key, of the customer whom the event is about. For a transaction and
    /// a reward that is the customer who **referred** the buyer. In affiliate programs it is the buyer,
    /// and [`partner_id`](Self::partner_id) is who brought the buyer.
    ///
    /// It is read from `customer`, a text or an object. For the events of customers it is else read
    /// from the data itself.
    #[must_use]
    pub fn customer_id(&self) -> Option<String> {
        let data = self.data().as_object()?;
        let named = data.get("customer").and_then(values::name);
        named.or_else(|| {
            self.is_about("customer.")
                .then(|| values::name(self.data()))?
        })
    }

    /// The identifier, or else the key, of the partner whom the event is about, in affiliate programs:
    /// the one who brought the customer, or whom a transaction pays.
    ///
    /// It is read from `partner`, a text or an object, or from the first of a transaction's `rewards`,
    /// where an app in production reads it. For the events of partners it is read from the data itself.
    #[must_use]
    pub fn partner_id(&self) -> Option<String> {
        let data = self.data().as_object()?;
        if self.is_about("partner.") {
            return values::name(self.part("partner"));
        }
        let reward = data.get("rewards").and_then(|rewards| rewards.get(0));
        let named = [
            data.get("partner"),
            reward.and_then(|reward| reward.get("partner")),
        ];
        named.into_iter().flatten().find_map(values::name)
    }

    /// The partner of an event about partners: the object in `partner`, or else the data itself.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn partner(&self) -> Option<crate::client::Partner> {
        if !self.is_about("partner.") {
            return None;
        }
        crate::client::Partner::from_value(self.part("partner").clone())
    }

    /// The lead of an event about leads: the object in `lead`, or else the data itself.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn lead(&self) -> Option<crate::client::Lead> {
        if !self.is_about("lead.") {
            return None;
        }
        crate::client::Lead::from_value(self.part("lead").clone())
    }

    /// The customer of an event about customers: the object in `customer`, or else the data itself,
    /// unless `customer` is a text.
    ///
    /// An event does not say of which kind its program is. An object with the field `partner` is read
    /// as a customer of an affiliate program, whose `key` is the app's identifier and is in `id` too.
    /// If Partnero leaves out the partner, `id` stays empty; [`customer_id`](Self::customer_id) has the
    /// identifier in both cases.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn customer(&self) -> Option<crate::client::Customer> {
        let data = self.data().as_object()?;
        if !self.is_about("customer.") {
            return None;
        }
        let value = match data.get("customer") {
            Some(Value::Object(customer)) => Value::Object(customer.clone()),
            Some(value) if !value.is_null() => return None,
            _ => self.data().clone(),
        };
        crate::client::Customer::from_value(value)
    }

    /// The transaction of an event about transactions: the object in `transaction`, or else the data
    /// itself.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn transaction(&self) -> Option<crate::client::Transaction> {
        if !self.is_about("transaction.") {
            return None;
        }
        crate::client::Transaction::from_value(self.part("transaction").clone())
    }

    /// The reward of an event about rewards or of `customer.rewarded`: the object in `reward`, or else
    /// the data itself if it has an amount. The rewards of a transaction are in
    /// [`Transaction::rewards`](crate::client::Transaction::rewards).
    #[cfg(feature = "client")]
    #[must_use]
    pub fn reward(&self) -> Option<crate::client::Reward> {
        if !self.is_about("reward.") && self.name() != "customer.rewarded" {
            return None;
        }
        let part = self.part("reward");
        let fields = part.as_object()?;
        fields
            // Without an amount the data is about something else that only mentions a reward.
            .contains_key("amount")
            .then(|| crate::client::Reward::read(fields))
    }

    fn part(&self, name: &str) -> &Value {
        let part = self.data().get(name).filter(|part| part.is_object());
        part.unwrap_or(self.data())
    }

    fn is_about(&self, noun: &str) -> bool {
        self.name().starts_with(noun)
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.envelope.get(field)?.as_str()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("webhook_key", &self.webhook_key())
            .field("created_at", &self.created_at_raw())
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CURRENT: &str = r#"{"event":"customer.rewarded","url":"https://shop.example/p","webhook_key":"wh1","created_at":"2025-05-09T17:42:13.000000Z","data":{"id":"7","email":"anna@shop.example"}}"#;
    const OLDER: &str =
        r#"{"event":"customer.rewarded","data":{"id":"7"},"timestamp":"2025-05-09T17:42:13Z"}"#;

    fn read(body: &str) -> Event {
        Event::from_stored(body).unwrap()
    }

    #[test]
    fn both_envelopes_are_read() {
        let (current, older) = (read(CURRENT), read(OLDER));
        for event in [&current, &older] {
            assert_eq!(event.name(), "customer.rewarded");
            assert_eq!(event.kind(), EventKind::CustomerRewarded);
            assert_eq!(event.data()["id"], "7");
            assert!(event.created_at().is_some());
        }
        assert_eq!(current.created_at(), older.created_at());
        assert_eq!(current.webhook_key(), Some("wh1"));
        assert_eq!(older.webhook_key(), None);
        assert_eq!(current.envelope()["url"], "https://shop.example/p");
    }

    #[test]
    fn the_body_stays_as_it_came() {
        let body = " {\"data\" : 1.50,\"event\":\"x\\u002ey\", \"event2\":null }\n";
        let event = read(body);
        assert_eq!(event.name(), "x.y");
        assert_eq!(event.body(), body.as_bytes());
        let again = Event::from_stored(event.clone().into_body()).unwrap();
        assert_eq!(again.digest(), event.digest());
    }

    #[test]
    fn what_is_not_known_is_data() {
        for (body, data, has_time) in [
            (r#"{"event":"moon.full"}"#, json!(null), false),
            (r#"{"event":"","data":[]}"#, json!([]), false),
            (
                r#"{"event":"subscriber.created","data":"x","created_at":5}"#,
                json!("x"),
                true,
            ),
            (
                r#"{"event":"a","created_at":null,"timestamp":5}"#,
                json!(null),
                true,
            ),
            (
                r#"{"event":"a","created_at":"soon","timestamp":5}"#,
                json!(null),
                false,
            ),
        ] {
            let event = read(body);
            assert_eq!(event.kind(), EventKind::Other, "{body}");
            assert_eq!(event.data(), &data, "{body}");
            assert_eq!(event.created_at().is_some(), has_time, "{body}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let deep = format!(
            r#"{{"event":"a","data":{}1{}}}"#,
            "[".repeat(500),
            "]".repeat(500)
        );
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "{\"event\":1}",
            "{\"event\":null}",
            "{\"event\":\"a\"",
            "{\"event\":\"a\"}x",
            "\u{feff}{\"event\":\"a\"}",
            &deep,
        ] {
            let error = Event::from_stored(body).unwrap_err();
            assert_eq!(error.kind(), WebhookErrorKind::NoEvent, "{body:.40}");
        }
        assert!(Event::from_stored(b"{\"event\":\"\xff\"}".to_vec()).is_err());
    }

    #[test]
    fn debug_shows_no_data() {
        let text = format!("{:?}", read(CURRENT));
        assert!(
            text.contains("customer.rewarded") && !text.contains("anna"),
            "{text}"
        );
    }

    fn event(name: &str, data: &Value) -> Event {
        Event::from_stored(json!({ "event": name, "data": data }).to_string()).unwrap()
    }

    #[test]
    fn a_customer_is_named_in_every_shape() {
        for (name, data, id) in [
            ("customer.rewarded", json!({"id": "7"}), Some("7")),
            ("customer.created", json!({"id": 7, "key": "k"}), Some("7")),
            ("customer.rewarded", json!({"key": "k"}), Some("k")),
            (
                "customer.rewarded",
                json!({"customer": {"id": "7"}, "reward": {}}),
                Some("7"),
            ),
            (
                "customer.rewarded",
                json!({"customer": "7", "key": "order-1"}),
                Some("7"),
            ),
            (
                "transaction.created",
                json!({"customer": "7", "key": "order-1"}),
                Some("7"),
            ),
            ("reward.paid", json!({"customer": {"key": "k"}}), Some("k")),
            ("transaction.created", json!({"key": "order-1"}), None),
            ("customer.created", json!([]), None),
            ("customer.created", json!({"id": ""}), Some("")),
            ("customer.created", json!({"id": {}}), None),
        ] {
            let found = event(name, &data).customer_id();
            assert_eq!(found.as_deref(), id, "{name} {data}");
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn views_are_for_their_own_events() {
        let sale = json!({
            "key": "order-1", "amount": 30, "amount_units": "USD", "customer": "7",
            "rewards": [{"amount": 3}]
        });
        let created = event("transaction.created", &sale);
        let transaction = created.transaction().unwrap();
        assert_eq!(transaction.key.as_deref(), Some("order-1"));
        assert_eq!(transaction.rewards.len(), 1);
        assert!(created.customer().is_none() && created.reward().is_none());

        let nested = json!({"customer": {"id": "7"}, "reward": {"amount": "3.5"}});
        let rewarded = event("customer.rewarded", &nested);
        assert_eq!(rewarded.customer().unwrap().id.as_deref(), Some("7"));
        let amount = rewarded.reward().unwrap().amount.unwrap();
        assert_eq!(amount.amount.to_string(), "3.5");

        let flat = event(
            "customer.rewarded",
            &json!({"customer": "7", "key": "order-1", "amount": 3}),
        );
        assert!(flat.customer().is_none() && flat.reward().is_some());
        let plain = event("customer.rewarded", &json!({"id": "7"}));
        assert!(plain.customer().is_some() && plain.reward().is_none());
        let partner = event(
            "partner.created",
            &json!({"id": "7", "email": "p@shop.example"}),
        );
        assert!(partner.customer().is_none() && plain.partner().is_none());
        assert_eq!(partner.kind(), EventKind::PartnerCreated);
        assert_eq!(partner.partner().unwrap().id.as_deref(), Some("7"));
        let lead = event(
            "lead.converted",
            &json!({"lead": {"id": 5, "email": "l@x.example"}}),
        );
        assert_eq!(lead.lead().unwrap().id, Some(5));
        assert!(lead.partner().is_none() && partner.lead().is_none());
    }

    #[test]
    fn a_partner_is_named_in_every_shape() {
        for (name, data, id) in [
            (
                "partner.created",
                json!({"id": "7", "email": "p@x.example"}),
                Some("7"),
            ),
            (
                "partner.archived",
                json!({"partner": {"key": "pia"}}),
                Some("pia"),
            ),
            (
                "customer.created",
                json!({"key": "2", "partner": "7"}),
                Some("7"),
            ),
            (
                "transaction.created",
                json!({"customer": "2", "partner": {"id": 7}, "rewards": []}),
                Some("7"),
            ),
            // As an app in production reads it.
            (
                "transaction.created",
                json!({"rewards": [{"customer": "2", "partner": "7", "amount": 3}]}),
                Some("7"),
            ),
            (
                "transaction.created",
                json!({"customer": "2", "rewards": []}),
                None,
            ),
            (
                "customer.created",
                json!({"key": "2", "partner": null}),
                None,
            ),
            ("customer.created", json!([]), None),
        ] {
            let found = event(name, &data).partner_id();
            assert_eq!(found.as_deref(), id, "{name} {data}");
        }
    }
}
