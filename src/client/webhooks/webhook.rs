//! A webhook subscription as Partnero knows it.

use std::fmt;

use serde_json::Value;

use crate::client::fields::{self, Fields};

/// A webhook subscription.
///
/// Every field is optional. Fields that have no name here are in [`raw`](Self::raw). `Debug` leaves
/// out the signature, which is a secret.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// Its key.
    pub key: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Where events are sent.
    pub url: Option<String>,
    /// Whether they are sent.
    pub is_active: Option<bool>,
    /// The secret that events are signed with
    /// (<https://docs.partnero.com/api-reference/webhooks/overview>).
    pub signature: Option<String>,
    /// The names of the events.
    pub events: Vec<String>,
    /// The whole object, as Partnero sent it, the signature included.
    pub raw: Fields,
}

impl Webhook {
    /// Reads an object; `None` for any other value, and for an object without fields.
    pub(super) fn from_value(value: Value) -> Option<Self> {
        let raw = fields::object(value)?;
        Some(Self {
            key: fields::text(&raw, "key"),
            name: fields::text(&raw, "name"),
            url: fields::text(&raw, "url"),
            is_active: fields::flag(&raw, "is_active"),
            signature: fields::text(&raw, "signature"),
            events: fields::texts(&raw, "events"),
            raw,
        })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("key", &self.key)
            .field("name", &self.name)
            .field("url", &self.url)
            .field("is_active", &self.is_active)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
