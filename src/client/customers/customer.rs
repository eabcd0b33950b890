//! A customer as Partnero knows it.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;

use crate::client::fields::{self, Fields};
use crate::client::times;
use crate::referral::ProgramKind;
use crate::values;

/// A customer as Partnero answered it.
///
/// Every field is optional, because the published examples differ: some have `key` and no `id`,
/// some `id` and no `key`. Fields that have no name here are in [`raw`](Self::raw). `Debug` leaves out
/// name, e-mail address and date of birth. Serialized, it has every typed field and not `raw`; times are
/// texts as in Partnero's answers.
#[derive(Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Customer {
    /// The app's own, private identifier. Affiliate programs answer it as `key`; it is here all the
    /// same.
    pub id: Option<String>,
    /// The public referral key that stands in the customer's link; in affiliate programs the identifier.
    pub key: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The first name.
    pub name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// The state at Partnero: `active`, `deleted` and others that no source lists.
    pub status: Option<String>,
    /// Whether the program's owner has approved the customer.
    pub approved: Option<bool>,
    /// Whether the customer has accepted the program's terms.
    pub tos: Option<bool>,
    /// The date of birth, as `YYYY-MM-DD`.
    pub date_of_birth: Option<String>,
    /// Who referred this customer.
    pub referring_customer: Option<ReferringCustomer>,
    /// In affiliate programs the partner who brought this customer: the identifier in newer examples,
    /// the key in older ones (<https://docs.partnero.com/api-reference/customers/create>).
    pub partner: Option<String>,
    /// How many customers this one has referred.
    pub referrals_count: Option<u64>,
    /// The link to share.
    pub referral_link: Option<String>,
    /// All links of this customer.
    pub referral_links: Vec<String>,
    /// When the customer was created at Partnero.
    #[serde(serialize_with = "times::serialize")]
    pub created_at: Option<SystemTime>,
    /// When Partnero last changed it.
    #[serde(serialize_with = "times::serialize")]
    pub updated_at: Option<SystemTime>,
    /// The whole object, as Partnero sent it.
    #[serde(skip)]
    pub raw: Fields,
}

impl Customer {
    /// Reads a customer from a webhook, which does not say the kind of its program; `None` for a value
    /// that is no object, and for an object without fields.
    #[cfg(any(feature = "webhook", test))]
    pub(crate) fn from_value(value: Value) -> Option<Self> {
        // Refer-a-friend programs have no partners. A customer of an affiliate program whose partner
        // Partnero left out is read as one of a refer-a-friend program: then `id` is empty.
        let is_affiliate = value.get("partner").is_some();
        if is_affiliate {
            Self::of_affiliate(value)
        } else {
            Self::of_friends(value)
        }
    }

    /// Reads the answers of a program of this kind.
    pub(super) fn reader(program: ProgramKind) -> fn(Value) -> Option<Self> {
        match program {
            ProgramKind::ReferAFriend => Self::of_friends,
            ProgramKind::Affiliate => Self::of_affiliate,
        }
    }

    /// Answers of affiliate programs have no `id`: their `key` is the identifier.
    fn of_affiliate(value: Value) -> Option<Self> {
        let mut customer = Self::of_friends(value)?;
        // An affiliate program has no `id` field: the app's identifier is the key
        // (docs.partnero.com).
        customer.id = customer.id.or_else(|| customer.key.clone());
        Some(customer)
    }

    fn of_friends(value: Value) -> Option<Self> {
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
            date_of_birth: raw
                .get("metadata")
                .and_then(Value::as_object)
                .and_then(|metadata| fields::text(metadata, "date_of_birth")),
            referring_customer: raw
                .get("referring_customer")
                .and_then(ReferringCustomer::from_value),
            partner: fields::name(&raw, "partner"),
            referrals_count: fields::count(&raw, "referrals_count"),
            referral_link: fields::text(&raw, "referral_link"),
            referral_links: fields::texts(&raw, "referral_links"),
            created_at: fields::time(&raw, "created_at"),
            updated_at: fields::time(&raw, "updated_at"),
            raw,
        })
    }

    /// Whether the answer has `referring_customer` and it is empty. An answer without that field says
    /// nothing about the referrer.
    pub(crate) fn has_no_referrer(&self) -> bool {
        self.raw
            .get("referring_customer")
            .is_some_and(fields::is_empty)
    }

    /// Whether the answer has `partner` and it is empty.
    pub(crate) fn has_no_partner(&self) -> bool {
        self.raw.get("partner").is_some_and(fields::is_empty)
    }

    /// As [`reader`](Self::reader), for a customer with at least one name. Another object says nothing
    /// about any customer.
    pub(super) fn named_reader(program: ProgramKind) -> fn(Value) -> Option<Self> {
        match program {
            ProgramKind::ReferAFriend => |value| Self::of_friends(value).filter(Self::is_named),
            ProgramKind::Affiliate => |value| Self::of_affiliate(value).filter(Self::is_named),
        }
    }

    /// Whether the answer has any name of the customer: an identifier, a key, an e-mail address or a
    /// link.
    pub(crate) fn is_named(&self) -> bool {
        let names = [&self.id, &self.key, &self.email, &self.referral_link];
        names.into_iter().any(Option::is_some) || !self.referral_links.is_empty()
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.status.as_deref() == Some("deleted")
            // Affiliate programs say it in a field of its own (docs.partnero.com).
            || fields::flag(&self.raw, "deleted") == Some(true)
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("status", &self.status)
            .field("approved", &self.approved)
            .field("referring_customer", &self.referring_customer)
            .field("partner", &self.partner)
            .field("referrals_count", &self.referrals_count)
            .finish_non_exhaustive()
    }
}

/// Who referred a customer, as far as Partnero says.
///
/// No source shows a filled one, so both fields are optional, and the value itself is kept.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReferringCustomer {
    /// The app's identifier of the referring customer.
    pub id: Option<String>,
    /// The referring customer's public key.
    pub key: Option<String>,
    /// The value, as Partnero sent it.
    #[serde(skip)]
    pub raw: Value,
}

impl ReferringCustomer {
    fn from_value(value: &Value) -> Option<Self> {
        if fields::is_empty(value) {
            return None;
        }
        let field = |name| {
            value
                .as_object()
                .and_then(|object| fields::text(object, name))
        };
        Some(Self {
            id: field("id"),
            key: field("key"),
            raw: value.clone(),
        })
    }

    /// Whether `name` is one of the names this answer gives the referring customer.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        // No source shows the object, so a bare text is read, too.
        let bare = values::text(&self.raw);
        [&self.id, &self.key, &bare]
            .map(Option::as_deref)
            .contains(&Some(name))
    }

    /// Whether this is `customer`; `None` where the two have no kind of name in common.
    pub(crate) fn is_customer(&self, customer: &Customer) -> Option<bool> {
        let same = |ours: &Option<String>, theirs: &Option<String>| {
            Some(ours.as_deref()? == theirs.as_deref()?)
        };
        // A bare text says nothing about which name it is.
        if let Some(name) = values::text(&self.raw) {
            return Some([&customer.id, &customer.key].contains(&&Some(name)));
        }
        // The id first: a customer may have several keys, and the answers show one.
        same(&self.id, &customer.id).or_else(|| same(&self.key, &customer.key))
    }
}

impl fmt::Debug for ReferringCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferringCustomer")
            .field("id", &self.id)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn customer(value: Value) -> Customer {
        Customer::from_value(value).unwrap()
    }

    #[test]
    fn the_oldest_shape_has_a_key_and_no_id() {
        let old = customer(json!({
            "key": "refkey", "email": "a@shop.example", "name": "Anna", "status": "active",
            "referring_customer": null, "referrals_count": 0
        }));
        assert_eq!(
            (old.id.as_deref(), old.key.as_deref()),
            (None, Some("refkey"))
        );
        assert!(old.has_no_referrer());
    }

    #[test]
    fn the_newer_shape_has_an_id_links_and_empty_lists_for_objects() {
        let new = customer(json!({
            "id": 42, "approved": 1, "referrals_count": "3", "referring_customer": [],
            "referral_link": "https://shop.example/?ref=k", "referral_links": ["https://shop.example/?ref=k"],
            "metadata": [], "custom_fields": {}
        }));
        assert_eq!(new.id.as_deref(), Some("42"));
        assert_eq!(new.approved, Some(true));
        assert_eq!(new.referrals_count, Some(3));
        assert_eq!(new.referral_links.len(), 1);
        assert!(new.has_no_referrer() && new.referring_customer.is_none());
        assert_eq!(new.raw["metadata"], json!([]));
    }

    #[test]
    fn an_affiliate_program_has_the_identifier_as_key() {
        let affiliate = customer(json!({
            "key": "customer_123", "partner": "partner_123", "deleted": false, "name": "Alice",
            "email": "alice@shop.example", "status": "active", "deleted_at": null,
            "tags": [{"value": "new"}]
        }));
        assert_eq!(affiliate.id.as_deref(), Some("customer_123"));
        assert_eq!(affiliate.partner.as_deref(), Some("partner_123"));
        assert!(!affiliate.is_deleted() && !affiliate.has_no_partner());
        let nobodys = customer(json!({"key": "1", "partner": null, "deleted": true}));
        assert!(nobodys.is_deleted() && nobodys.has_no_partner());
    }

    #[test]
    fn saying_nothing_about_the_referrer_is_not_saying_none() {
        assert!(!customer(json!({"id": "1"})).has_no_referrer());
        let named = customer(json!({"id": "1", "referring_customer": {"key": "k", "id": 7}}));
        let referrer = named.referring_customer.unwrap();
        assert_eq!(
            (referrer.id.as_deref(), referrer.key.as_deref()),
            (Some("7"), Some("k"))
        );
    }

    #[test]
    fn a_referrer_may_be_a_bare_name_or_number() {
        let anna = customer(json!({"id": "7", "key": "anna-7"}));
        for (recorded, is_anna) in [
            (json!("7"), true),
            (json!(7), true),
            (json!("anna-7"), true),
            (json!({"id": 7}), true),
            (json!(8), false),
            (json!("ben"), false),
        ] {
            let ben = customer(json!({"id": "8", "referring_customer": recorded}));
            let referrer = ben.referring_customer.unwrap();
            let named = referrer.is_named("7") || referrer.is_named("anna-7");
            assert_eq!(named, is_anna, "{referrer:?}");
            assert_eq!(referrer.is_customer(&anna), Some(is_anna), "{referrer:?}");
        }
    }

    #[test]
    fn a_field_of_an_odd_shape_reads_as_absent() {
        let odd =
            customer(json!({"id": {}, "key": ["k"], "referrals_count": -1, "referral_links": "x"}));
        assert_eq!(odd.id, None);
        assert_eq!(odd.key, None);
        assert_eq!(odd.referrals_count, None);
        assert!(odd.referral_links.is_empty());
    }

    #[test]
    fn a_page_gets_the_typed_fields_alone() {
        let anna = customer(json!({
            "id": 1, "name": "Anna", "created_at": "2026-01-02T03:04:05.000000Z",
            "referring_customer": {"id": "7", "note": "x"}, "internal": "secret"
        }));
        let page = serde_json::to_value(&anna).unwrap();
        assert_eq!(page["created_at"], "2026-01-02T03:04:05.000000Z");
        assert_eq!(page["referring_customer"], json!({"id": "7", "key": null}));
        assert_eq!(
            (&page["name"], &page["email"]),
            (&json!("Anna"), &Value::Null)
        );
        assert!(!page.to_string().contains("secret"));
    }

    #[test]
    fn debug_leaves_out_who_it_is() {
        let customer = customer(json!({"id": "1", "name": "Anna", "email": "anna@shop.example"}));
        assert!(!format!("{customer:?}").to_lowercase().contains("anna"));
    }
}
