//! A customer to be created.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::reference::CustomerRef;

/// A customer to be created.
///
/// ```
/// use tower_partnero::client::{CustomerRef, NewCustomer};
///
/// let customer = NewCustomer::new(42)
///     .email("ben@shop.example")
///     .name("Ben")
///     .referring_customer(CustomerRef::key("anna-7"));
/// assert_eq!(customer.id(), "42");
/// ```
///
/// `Debug` leaves out name, e-mail address and date of birth.
#[derive(Clone, Deserialize, Serialize)]
#[must_use]
pub struct NewCustomer {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    surname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referring_customer: Option<CustomerRef>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Metadata {
    date_of_birth: String,
}

impl NewCustomer {
    /// A customer by the app's own identifier, which Partnero keeps private and unique: the
    /// account's id, of whatever type (<https://developers.partnero.com/guide/referral>).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is written as `user.id`, not `&user.id`"
    )]
    pub fn new(id: impl ToString) -> Self {
        Self {
            id: id.to_string(),
            key: None,
            email: None,
            name: None,
            surname: None,
            metadata: None,
            referring_customer: None,
        }
    }

    /// The public key in the customer's referral link; unique. Without one, Partnero chooses a key.
    ///
    /// Everybody who gets the link sees the key: never use an e-mail address.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The e-mail address; unique. Sources disagree on whether it is required.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The first name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The last name.
    pub fn surname(mut self, surname: impl Into<String>) -> Self {
        self.surname = Some(surname.into());
        self
    }

    /// The date of birth, as `YYYY-MM-DD`
    /// (<https://docs.partnero.com/api-reference/refer-a-friend/customers>).
    pub fn date_of_birth(mut self, date: impl Into<String>) -> Self {
        self.metadata = Some(Metadata {
            date_of_birth: date.into(),
        });
        self
    }

    /// Who referred the customer. The sign-up hook fills this in, unless it is set here.
    pub fn referring_customer(mut self, customer: impl Into<CustomerRef>) -> Self {
        self.referring_customer = Some(customer.into());
        self
    }

    /// The app's own identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn public_key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(crate) fn email_address(&self) -> Option<&str> {
        self.email.as_deref()
    }

    pub(crate) fn referrer(&self) -> Option<&CustomerRef> {
        self.referring_customer.as_ref()
    }

    pub(crate) fn without_referrer(&self) -> Self {
        Self {
            referring_customer: None,
            ..self.clone()
        }
    }
}

impl fmt::Debug for NewCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCustomer")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("referring_customer", &self.referring_customer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_set_goes_out() {
        let bare = serde_json::to_value(NewCustomer::new("42")).unwrap();
        assert_eq!(bare, json!({"id": "42"}));
        let full = NewCustomer::new(7)
            .key("k")
            .email("e@x.example")
            .name("N")
            .surname("S")
            .date_of_birth("1990-01-31")
            .referring_customer(CustomerRef::id("3"));
        assert_eq!(
            serde_json::to_value(full).unwrap(),
            json!({
                "id": "7", "key": "k", "email": "e@x.example", "name": "N", "surname": "S",
                "metadata": {"date_of_birth": "1990-01-31"}, "referring_customer": {"id": "3"}
            })
        );
    }

    #[test]
    fn debug_leaves_out_who_it_is() {
        let customer = NewCustomer::new(1).name("Anna").email("anna@shop.example");
        assert!(!format!("{customer:?}").to_lowercase().contains("anna"));
    }
}
