//! An invitation by e-mail, which Partnero sends.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// An invitation to the program.
///
/// `Debug` leaves out name, e-mail address and the values for the letter.
#[derive(Clone, Serialize)]
#[must_use]
pub struct Invitation {
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    surname: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    personalization: BTreeMap<String, String>,
}

impl Invitation {
    /// An invitation to this address.
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            id: None,
            key: None,
            name: None,
            surname: None,
            personalization: BTreeMap::new(),
        }
    }

    pub(super) fn email_address(&self) -> &str {
        &self.email
    }

    /// The app's own identifier for the customer who accepts the invitation.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is written as `user.id`, not `&user.id`"
    )]
    pub fn id(mut self, id: impl ToString) -> Self {
        self.id = Some(id.to_string());
        self
    }

    /// The public key for the customer who accepts the invitation.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
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

    /// A value for one placeholder of the letter.
    pub fn personalization(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.personalization.insert(name.into(), value.into());
        self
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_set_goes_out() {
        let bare = Invitation::new("anna@shop.example");
        assert_eq!(
            serde_json::to_value(&bare).unwrap(),
            json!({"email": "anna@shop.example"})
        );
        let full = bare.id(7).key("k").name("Anna").surname("A");
        let full = full.personalization("plan", "Anna's gold");
        assert_eq!(
            serde_json::to_value(&full).unwrap(),
            json!({
                "email": "anna@shop.example", "id": "7", "key": "k", "name": "Anna",
                "surname": "A", "personalization": {"plan": "Anna's gold"}
            })
        );
        assert!(!format!("{full:?}").to_lowercase().contains("anna"));
    }
}
