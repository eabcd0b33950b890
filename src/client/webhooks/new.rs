//! A webhook subscription to be made or changed.

use serde::Serialize;

/// A subscription to be made.
///
/// In refer-a-friend programs there are `customer.created`, `customer.updated`,
/// `customer.deleted`, `customer.rewarded`, `customer.credited`, `transaction.created` and
/// `transaction.deleted` (<https://github.com/partnero/n8n-nodes-partnero>).
#[derive(Clone, Debug, Serialize)]
#[must_use]
pub struct NewWebhook {
    name: String,
    url: String,
    events: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

impl NewWebhook {
    /// A subscription by its name, the URL that events go to, and the names of the events.
    ///
    /// Partnero's own n8n node cuts names to 100 characters.
    pub fn new(
        name: impl Into<String>,
        url: impl Into<String>,
        events: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            events: events.into_iter().map(Into::into).collect(),
            key: None,
            is_active: None,
        }
    }

    /// A key of the app's own, by which the subscription can be found. Without one, Partnero chooses a
    /// key.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Whether events are sent. Partnero's default: true.
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = Some(is_active);
        self
    }

    pub(super) fn own_key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

/// A change of a subscription. Only the fields that are set here are changed.
#[derive(Clone, Debug, Default, Serialize)]
#[must_use]
pub struct WebhookUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

impl WebhookUpdate {
    /// An update without any change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Another URL that events go to.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Other events, instead of those there are.
    pub fn events(mut self, events: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.events = Some(events.into_iter().map(Into::into).collect());
        self
    }

    /// Whether events are sent.
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = Some(is_active);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.url.is_none()
            && self.events.is_none()
            && self.is_active.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_set_goes_out() {
        let new = NewWebhook::new("rewards", "https://shop.example/p", ["customer.rewarded"]);
        assert_eq!(
            serde_json::to_value(&new).unwrap(),
            json!({
                "name": "rewards", "url": "https://shop.example/p",
                "events": ["customer.rewarded"]
            })
        );
        assert_eq!(new.own_key(), None);
        let full = serde_json::to_value(new.key("k").is_active(false)).unwrap();
        assert_eq!(
            (&full["key"], &full["is_active"]),
            (&json!("k"), &json!(false))
        );
        let update = WebhookUpdate::new();
        assert!(update.is_empty());
        assert_eq!(
            serde_json::to_value(update.name("n").url("u").events(["e"]).is_active(true)).unwrap(),
            json!({"name": "n", "url": "u", "events": ["e"], "is_active": true})
        );
    }
}
