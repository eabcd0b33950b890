//! A lead as Partnero knows it.

use std::fmt;
use std::time::SystemTime;

use serde_json::Value;

use crate::client::fields::{self, Fields};

/// A lead as Partnero answered it. No source shows an answer: that its fields have the names of the
/// requests, and `id`, `status` and the times those of other answers, is assumed. Every field is
/// optional, and the whole object is in [`raw`](Self::raw). `Debug` leaves out name and e-mail address.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Lead {
    /// Partnero's number of the lead.
    pub id: Option<u64>,
    /// The partner's identifier or key.
    pub partner: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The state.
    pub status: Option<String>,
    /// When it was submitted.
    pub created_at: Option<SystemTime>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

impl Lead {
    /// Reads an object; `None` for any other value, and for an object without fields.
    pub(crate) fn from_value(value: Value) -> Option<Self> {
        let raw = fields::object(value)?;
        Some(Self {
            id: fields::count(&raw, "id"),
            partner: fields::name(&raw, "partner"),
            name: fields::text(&raw, "name"),
            email: fields::text(&raw, "email"),
            status: fields::text(&raw, "status"),
            created_at: fields::time(&raw, "created_at"),
            raw,
        })
    }
}

impl fmt::Debug for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead")
            .field("id", &self.id)
            .field("partner", &self.partner)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
