//! How a request names a partner that exists.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::partner::Partner;
use crate::client::customers::{CustomerSelector, key_of};
use crate::referral::ReferralKey;

/// How a request names a partner of an affiliate program: by the key in the partner's links, by
/// Partnero's identifier of the partner, or by the e-mail address
/// (<https://docs.partnero.com/api-reference/customers/create>).
///
/// `Debug` leaves out the e-mail address.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct PartnerRef(CustomerSelector);

impl PartnerRef {
    /// By the key, as it stands in the partner's links.
    pub fn key(key: impl Into<String>) -> Self {
        Self(CustomerSelector::key(key))
    }

    /// By the identifier. Partnero chooses it, unless the app has set one.
    pub fn id(id: impl ToString) -> Self {
        Self(CustomerSelector::id(id))
    }

    /// By the e-mail address.
    pub fn email(email: impl Into<String>) -> Self {
        Self(CustomerSelector::email(email))
    }

    /// The key, identifier or e-mail address itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.field().1
    }

    /// The key, if this names the partner by it.
    pub(crate) fn as_key(&self) -> Option<&str> {
        match self.field() {
            ("key", key) => Some(key),
            _ => None,
        }
    }

    /// The field of the API and its value.
    pub(in crate::client) fn field(&self) -> (&'static str, &str) {
        self.0.field()
    }

    /// Whether an answer to this name can be about the partner who is meant.
    pub(crate) fn may_be(&self, partner: &Partner) -> bool {
        let (field, name) = self.field();
        // A name that the answer leaves out cannot contradict.
        let is = |known: &Option<String>| known.as_deref().is_none_or(|known| known == name);
        match field {
            "id" => is(&partner.id),
            "key" => {
                let links = partner.referral_link.iter().chain(&partner.referral_links);
                let mut links = links.peekable();
                let is_shown = partner.key.is_some() || links.peek().is_some();
                !is_shown
                    || partner.key.as_deref() == Some(name)
                    || links.any(|link| key_of(link) == name)
            }
            _ => {
                let email = partner.email.as_deref();
                // Partnero may change the case of an address.
                email.is_none_or(|email| email.eq_ignore_ascii_case(name))
            }
        }
    }
}

impl From<&ReferralKey> for PartnerRef {
    fn from(key: &ReferralKey) -> Self {
        Self::key(key.as_str())
    }
}

impl fmt::Debug for PartnerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PartnerRef").field(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_may_be_about_another_partner() {
        for (name, answer, may_be) in [
            (PartnerRef::key("p/7"), json!({"key": "p/7"}), true),
            (PartnerRef::key("p/7"), json!({"key": "p-8"}), false),
            (
                PartnerRef::key("p/7"),
                json!({"id": "1", "referral_link": "https://x.example?aff=p%2F7"}),
                true,
            ),
            (
                PartnerRef::key("p"),
                json!({"id": "1", "referral_links": ["https://x.example?aff=p-7"]}),
                false,
            ),
            (PartnerRef::key("p"), json!({"id": "1"}), true),
            (PartnerRef::id(1), json!({"id": 1, "key": "p"}), true),
            (PartnerRef::id(1), json!({"id": "2"}), false),
            (
                PartnerRef::email("P@shop.example"),
                json!({"email": "p@shop.example"}),
                true,
            ),
        ] {
            let partner = Partner::from_value(answer.clone()).unwrap();
            assert_eq!(name.may_be(&partner), may_be, "{answer}");
        }
    }

    #[test]
    fn debug_leaves_out_the_address() {
        let shown = format!("{:?}", PartnerRef::email("pia@shop.example"));
        assert!(!shown.contains("pia"), "{shown}");
    }
}
