//! How a request names a customer that exists.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::customer::Customer;
use crate::referral::{ProgramKind, ReferralKey};

/// How a request names a referring customer: by the public key or by the app's identifier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct CustomerRef(Named);

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Key(String),
    Id(String),
}

impl CustomerRef {
    /// By the public key, as it stands in a referral link.
    pub fn key(key: impl Into<String>) -> Self {
        Self(Named::Key(key.into()))
    }

    /// By the app's own identifier.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is written as `user.id`, not `&user.id`"
    )]
    pub fn id(id: impl ToString) -> Self {
        Self(Named::Id(id.to_string()))
    }

    /// Whether an answer to this name can be about the customer who is meant. Partnero accepts keys,
    /// identifiers and e-mail addresses in the same path, so the answer may be about another
    /// customer whose identifier is equal to this key. An answer without any name is no customer.
    pub(crate) fn may_be(&self, customer: &Customer) -> bool {
        let links = || {
            customer
                .referral_link
                .iter()
                .chain(&customer.referral_links)
        };
        // An answer without a name proves nothing.
        if !customer.is_named() {
            return false;
        }
        // An answer may leave keys out. Then only another name that is equal proves that the
        // customer was found by that name.
        let is_shown = customer.key.is_some() || links().next().is_some();
        match &self.0 {
            // The older form of an answer has no `id` (Partnero's first guide), and then the path
            // is believed.
            Named::Id(id) => customer.id.as_ref().is_none_or(|known| known == id),
            Named::Key(key) if is_shown => {
                customer.key.as_ref() == Some(key) || links().any(|link| key_of(link) == *key)
            }
            Named::Key(key) => {
                let others = [customer.id.as_deref(), customer.email.as_deref()];
                !others
                    .into_iter()
                    .flatten()
                    .any(|other| other.eq_ignore_ascii_case(key))
            }
        }
    }

    /// The public key, if this names the customer by it.
    pub(crate) fn as_key(&self) -> Option<&str> {
        match &self.0 {
            Named::Key(key) => Some(key),
            Named::Id(_) => None,
        }
    }

    /// The key or identifier itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Named::Key(text) | Named::Id(text) => text,
        }
    }
}

/// The key at the end of a link: `?ref=KEY` or `/ref/KEY`.
pub(in crate::client) fn key_of(link: &str) -> Cow<'_, str> {
    // Both forms of links end with the key: `?ref=KEY` and `/ref/KEY`
    // (help.partnero.com/article/204).
    let end = link.trim_end_matches('/').rsplit(['=', '/']).next();
    percent_decode_str(end.unwrap_or_default()).decode_utf8_lossy()
}

impl From<&ReferralKey> for CustomerRef {
    fn from(key: &ReferralKey) -> Self {
        Self::key(key.as_str())
    }
}

/// How a request names any customer: by the app's identifier, the public key or the e-mail
/// address.
///
/// `Debug` leaves out the e-mail address.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct CustomerSelector(Selected);

#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Selected {
    Id(String),
    Key(String),
    Email(String),
}

impl CustomerSelector {
    /// By the app's own identifier.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is written as `user.id`, not `&user.id`"
    )]
    pub fn id(id: impl ToString) -> Self {
        Self(Selected::Id(id.to_string()))
    }

    /// By the public key, as it stands in a referral link.
    pub fn key(key: impl Into<String>) -> Self {
        Self(Selected::Key(key.into()))
    }

    /// By the e-mail address.
    pub fn email(email: impl Into<String>) -> Self {
        Self(Selected::Email(email.into()))
    }

    /// The same customer, as this kind of program knows it: in affiliate programs the app's own
    /// identifier is called `key`.
    pub(in crate::client) fn in_program(&self, program: ProgramKind) -> Self {
        match &self.0 {
            // There the app's identifier is called `key` (docs.partnero.com).
            Selected::Id(id) if program == ProgramKind::Affiliate => Self::key(id.clone()),
            _ => self.clone(),
        }
    }

    /// The field of the API and its value.
    pub(in crate::client) fn field(&self) -> (&'static str, &str) {
        match &self.0 {
            Selected::Id(id) => ("id", id),
            Selected::Key(key) => ("key", key),
            Selected::Email(email) => ("email", email),
        }
    }
}

impl From<CustomerRef> for CustomerSelector {
    fn from(customer: CustomerRef) -> Self {
        match customer.0 {
            Named::Key(key) => Self(Selected::Key(key)),
            Named::Id(id) => Self(Selected::Id(id)),
        }
    }
}

impl fmt::Debug for CustomerSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Selected::Id(id) => f.debug_tuple("Id").field(id).finish(),
            Selected::Key(key) => f.debug_tuple("Key").field(key).finish(),
            Selected::Email(_) => f.debug_tuple("Email").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_may_be_about_somebody_else_than_was_meant() {
        let anna = CustomerRef::key("anna/7");
        for (answer, may_be) in [
            (json!({"key": "anna/7"}), true),
            (json!({"key": "ben", "id": "anna/7"}), false),
            (
                json!({"key": "ben", "referral_links": ["https://x.example/?ref=anna%2F7"]}),
                true,
            ),
            (
                json!({"referral_link": "https://x.example/ref/anna%2F7/"}),
                true,
            ),
            (
                json!({"referral_link": "https://x.example/?ref=ben", "id": "anna/7"}),
                false,
            ),
            (json!({"id": "anna/7"}), false),
            (json!({"email": "Anna/7"}), false),
            (json!({"id": "1", "email": "anna@shop.example"}), true),
            (json!({"balance": "5"}), false),
        ] {
            let customer = Customer::from_value(answer.clone()).unwrap();
            assert_eq!(anna.may_be(&customer), may_be, "{answer}");
        }
        for (answer, may_be) in [
            (json!({"id": 7}), true),
            (json!({"id": "8"}), false),
            (json!({"key": "8"}), true),
            (json!({"balance": "5"}), false),
        ] {
            let customer = Customer::from_value(answer.clone()).unwrap();
            assert_eq!(CustomerRef::id("7").may_be(&customer), may_be, "{answer}");
        }
    }
}
