//! A partner as Partnero knows it.

use std::fmt;
use std::time::SystemTime;

use serde_json::Value;

use crate::client::fields::{self, Fields};

/// A partner of an affiliate program, as Partnero answered it
/// (<https://docs.partnero.com/api-reference/partners/create>).
///
/// Every field is optional. Fields that have no name here are in [`raw`](Self::raw). `Debug` leaves out
/// name and e-mail address.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Partner {
    /// The identifier. Partnero chooses it, unless the app has set one.
    pub id: Option<String>,
    /// The key in the partner's links. Newer examples show it in the links alone.
    pub key: Option<String>,
    /// The e-mail address, by which the partner signs in to Partnero's portal.
    pub email: Option<String>,
    /// The first name.
    pub name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// The state at Partnero, as `active`.
    pub status: Option<String>,
    /// Whether the program's owner has approved the partner.
    pub approved: Option<bool>,
    /// Whether the partner has accepted the program's terms.
    pub tos: Option<bool>,
    /// How many customers this partner has brought.
    pub referrals_count: Option<u64>,
    /// The link to share.
    pub referral_link: Option<String>,
    /// All links of this partner.
    pub referral_links: Vec<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// When the partner was created at Partnero.
    pub created_at: Option<SystemTime>,
    /// When Partnero last changed it.
    pub updated_at: Option<SystemTime>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

impl Partner {
    /// Reads an object; `None` for any other value, and for an object without fields.
    pub(crate) fn from_value(value: Value) -> Option<Self> {
        let raw = fields::object(value)?;
        Some(Self {
            id: fields::text(&raw, "id"),
            key: fields::text(&raw, "key"),
            email: fields::text(&raw, "email"),
            name: fields::text(&raw, "name"),
            surname: fields::text(&raw, "surname"),
            status: fields::text(&raw, "status"),
            approved: fields::flag(&raw, "approved"),
            tos: fields::flag(&raw, "tos"),
            referrals_count: fields::count(&raw, "referrals_count"),
            referral_link: fields::text(&raw, "referral_link"),
            referral_links: fields::texts(&raw, "referral_links"),
            tags: tags(&raw),
            created_at: fields::time(&raw, "created_at"),
            updated_at: fields::time(&raw, "updated_at"),
            raw,
        })
    }

    /// Reads a partner with at least one name. Another object says nothing about any partner.
    pub(super) fn named_from_value(value: Value) -> Option<Self> {
        let is_named = |partner: &Self| {
            let names = [
                &partner.id,
                &partner.key,
                &partner.email,
                &partner.referral_link,
            ];
            names.into_iter().any(Option::is_some)
        };
        Self::from_value(value).filter(is_named)
    }

    /// Whether customers can no longer be brought by this partner.
    pub(crate) fn is_gone(&self) -> bool {
        let status = self.status.as_deref();
        matches!(status, Some("archived" | "deleted" | "rejected"))
    }
}

/// Tags are objects with a `value` in answers, and texts in requests.
fn tags(raw: &Fields) -> Vec<String> {
    let tags = raw.get("tags").and_then(Value::as_array);
    let text = |tag: &Value| {
        let value = tag.get("value").unwrap_or(tag);
        value.as_str().map(str::to_owned)
    };
    tags.into_iter().flatten().filter_map(text).collect()
}

impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partner")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("status", &self.status)
            .field("approved", &self.approved)
            .field("referrals_count", &self.referrals_count)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_documented_shape_is_read() {
        let partner = Partner::from_value(json!({
            "email": "pia@shop.example", "created_at": "2025-04-30T16:44:13.000000Z",
            "updated_at": "2025-04-30T16:44:13.000000Z", "name": "Pia", "id": "p-1",
            "surname": "P", "tos": false, "approved": true, "status": "active",
            "custom_fields": [], "referrals_count": 2, "tags": [{"value": "new"}, "old"],
            "referral_link": "https://shop.example?aff=pia",
            "referral_links": ["https://shop.example?aff=pia"]
        }))
        .unwrap();
        assert_eq!(
            (partner.id.as_deref(), partner.key.as_deref()),
            (Some("p-1"), None)
        );
        assert_eq!(partner.tags, ["new", "old"]);
        assert_eq!(partner.referrals_count, Some(2));
        assert!(partner.created_at.is_some() && !partner.is_gone());
        assert!(!format!("{partner:?}").to_lowercase().contains("pia@"));
        assert_eq!(Partner::named_from_value(json!({"name": "Pia"})), None);
    }
}
