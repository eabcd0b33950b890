//! Typed views of an event's data.
//!
//! Partnero's documentation shows the data of `partner.created` alone. That the data of the other
//! events is what the API answers about the same thing is inferred, so every view may be absent.

use serde_json::{Map, Value};

use super::event::Event;

impl Event {
    /// The identifier, or else the key, of the customer whom the event is about. Of a transaction,
    /// and of a reward, that is the customer who **referred** the buyer.
    ///
    /// It is looked for in `customer`, a text or an object, and then, for the events of customers,
    /// in the data itself.
    #[must_use]
    pub fn customer_id(&self) -> Option<String> {
        let data = self.data().as_object()?;
        let named = match data.get("customer") {
            Some(Value::Object(customer)) => id_or_key(customer),
            Some(value) => text(value),
            None => None,
        };
        named.or_else(|| self.is_about("customer.").then(|| id_or_key(data))?)
    }

    fn is_about(&self, noun: &str) -> bool {
        self.name().starts_with(noun)
    }
}

#[cfg(feature = "client")]
impl Event {
    /// The customer, of the events of customers: the object in `customer`, or else the data
    /// itself, unless that only names a customer.
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

    /// The transaction, of the events of transactions: the object in `transaction`, or else the
    /// data itself.
    #[must_use]
    pub fn transaction(&self) -> Option<crate::client::Transaction> {
        if !self.is_about("transaction.") {
            return None;
        }
        crate::client::Transaction::from_value(self.part("transaction"))
    }

    /// The reward, of the events of rewards and of `customer.rewarded`: the object in `reward`, or
    /// else the data itself if it has an amount.
    #[must_use]
    pub fn reward(&self) -> Option<crate::client::Reward> {
        if !self.is_about("reward.") && self.name() != "customer.rewarded" {
            return None;
        }
        let part = self.part("reward");
        let fields = part.as_object()?;
        fields
            .contains_key("amount")
            .then(|| crate::client::Reward::read(fields))
    }

    fn part(&self, name: &str) -> Value {
        let part = self.data().get(name).filter(|part| part.is_object());
        part.unwrap_or(self.data()).clone()
    }
}

fn id_or_key(fields: &Map<String, Value>) -> Option<String> {
    let mut names = ["id", "key"].iter().filter_map(|name| fields.get(*name));
    names.find_map(text)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        assert!(partner.customer().is_none() && partner.data()["id"] == "7");
    }
}
