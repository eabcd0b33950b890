//! A referral link as Partnero knows it.

use std::fmt;

use serde_json::Value;

use crate::client::fields::{self, Fields};

/// A referral link (<https://developers.partnero.com/reference/customer-referral-links>).
///
/// Every field is optional. Fields that have no name here are in [`raw`](Self::raw), which `Debug`
/// leaves out.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReferralLink {
    /// Partnero's own id of the link. In its examples it is the same as the key.
    pub id: Option<String>,
    /// The public key in the link.
    pub key: Option<String>,
    /// The link to share.
    pub url: Option<String>,
    /// Whether it is the customer's first link (`default`).
    pub is_default: Option<bool>,
    /// Whether it was added to the first one.
    pub is_additional: Option<bool>,
    /// Whether it tracks without a key in it. How that works is not documented.
    pub direct_tracking: Option<bool>,
    /// Whether such a link redirects.
    pub direct_tracking_redirect: Option<bool>,
    /// Where it redirects to.
    pub direct_tracking_redirect_url: Option<String>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

impl ReferralLink {
    /// Reads an object; `None` for any other value, and for an object without fields.
    pub(in crate::client) fn from_value(value: Value) -> Option<Self> {
        let raw = fields::object(value)?;
        Some(Self {
            id: fields::text(&raw, "id"),
            key: fields::text(&raw, "key"),
            url: fields::text(&raw, "url"),
            is_default: fields::flag(&raw, "default"),
            is_additional: fields::flag(&raw, "is_additional"),
            direct_tracking: fields::flag(&raw, "direct_tracking"),
            direct_tracking_redirect: fields::flag(&raw, "direct_tracking_redirect"),
            direct_tracking_redirect_url: fields::text(&raw, "direct_tracking_redirect_url"),
            raw,
        })
    }
}

impl fmt::Debug for ReferralLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferralLink")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("url", &self.url)
            .field("is_default", &self.is_default)
            .field("is_additional", &self.is_additional)
            .field("direct_tracking", &self.direct_tracking)
            .finish_non_exhaustive()
    }
}
