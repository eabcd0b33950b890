//! A referral link to be created or changed.

use serde::Serialize;

use crate::client::customers::CustomerSelector;

/// A link to be created for a customer.
#[derive(Clone, Debug, Serialize)]
#[must_use]
pub struct NewReferralLink {
    customer: CustomerSelector,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_additional: Option<bool>,
}

impl NewReferralLink {
    /// A link of this customer, with this public key; unique.
    ///
    /// Everybody who gets the link sees the key: never use an e-mail address.
    pub fn new(customer: impl Into<CustomerSelector>, key: impl Into<String>) -> Self {
        Self {
            customer: customer.into(),
            key: key.into(),
            domain_id: None,
            is_additional: None,
        }
    }

    /// The domain of the link, by Partnero's id for it.
    pub fn domain_id(mut self, id: impl Into<String>) -> Self {
        self.domain_id = Some(id.into());
        self
    }

    /// Whether it stands beside the customer's first link.
    pub fn is_additional(mut self, is_additional: bool) -> Self {
        self.is_additional = Some(is_additional);
        self
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

/// A change of a link. Only the fields that are set here are changed.
#[derive(Clone, Debug, Default, Serialize)]
#[must_use]
pub struct ReferralLinkUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_additional: Option<bool>,
}

impl ReferralLinkUpdate {
    /// An update without any change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another public key; unique.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Another domain, by Partnero's id for it.
    pub fn domain_id(mut self, id: impl Into<String>) -> Self {
        self.domain_id = Some(id.into());
        self
    }

    /// Whether it stands beside the customer's first link.
    pub fn is_additional(mut self, is_additional: bool) -> Self {
        self.is_additional = Some(is_additional);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.key.is_none() && self.domain_id.is_none() && self.is_additional.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_set_goes_out() {
        let new = NewReferralLink::new(CustomerSelector::id(42), "anna-podcast");
        assert_eq!(
            serde_json::to_value(&new).unwrap(),
            json!({"customer": {"id": "42"}, "key": "anna-podcast"})
        );
        let full = new.domain_id("d").is_additional(true);
        assert_eq!(
            serde_json::to_value(&full).unwrap(),
            json!({
                "customer": {"id": "42"}, "key": "anna-podcast", "domain_id": "d",
                "is_additional": true
            })
        );
        let update = ReferralLinkUpdate::new();
        assert!(update.is_empty());
        let update = update.key("k").domain_id("d").is_additional(false);
        assert_eq!(
            serde_json::to_value(&update).unwrap(),
            json!({"key": "k", "domain_id": "d", "is_additional": false})
        );
    }
}
