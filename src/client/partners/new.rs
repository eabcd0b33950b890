//! A partner to be created or changed.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::reference::PartnerRef;

/// A partner to be created (<https://docs.partnero.com/api-reference/partners/create>).
///
/// ```
/// use tower_partnero::client::NewPartner;
///
/// let partner = NewPartner::new("pia@partner.example").name("Pia").key("pia");
/// ```
///
/// `Debug` leaves out name, e-mail address and password.
#[derive(Clone, Serialize)]
#[must_use]
pub struct NewPartner {
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    surname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referring_partner: Option<PartnerRef>,
}

impl NewPartner {
    /// A partner by the e-mail address, which Partnero requires and keeps unique.
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            id: None,
            key: None,
            name: None,
            surname: None,
            password: None,
            tags: Vec::new(),
            referring_partner: None,
        }
    }

    /// The app's own identifier of the partner; unique. Without one, Partnero chooses an identifier.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is written as `user.id`, not `&user.id`"
    )]
    pub fn id(mut self, id: impl ToString) -> Self {
        self.id = Some(id.to_string());
        self
    }

    /// The key in the partner's links; unique. Without one, Partnero chooses a key.
    ///
    /// Everybody who gets a link sees the key: never use an e-mail address.
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

    /// The password for Partnero's portal: at least 8 characters, with a small and a capital letter
    /// and a digit. Newer sources call it optional; without one the partner sets it at the first
    /// sign-in (<https://github.com/partnero/n8n-nodes-partnero>). An older page requires it
    /// (<https://developers.partnero.com/reference/partners>).
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The tags.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// The partner who brought this partner, in programs with several tiers.
    pub fn referring_partner(mut self, partner: PartnerRef) -> Self {
        self.referring_partner = Some(partner);
        self
    }

    pub(super) fn email_address(&self) -> &str {
        &self.email
    }
}

impl fmt::Debug for NewPartner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPartner")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("tags", &self.tags)
            // Without the password and the address.
            .field("referring_partner", &self.referring_partner)
            .finish_non_exhaustive()
    }
}

/// A change of a partner. Only the fields that are set here are changed.
///
/// `Debug` leaves out name and e-mail address.
#[derive(Clone, Default, Serialize)]
#[must_use]
pub struct PartnerUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    surname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
}

impl PartnerUpdate {
    /// An update without any change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another e-mail address; unique.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Another first name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Another last name.
    pub fn surname(mut self, surname: impl Into<String>) -> Self {
        self.surname = Some(surname.into());
        self
    }

    /// Other tags. Whether they replace the present ones is not documented.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        let texts = [&self.email, &self.name, &self.surname];
        texts.iter().all(|text| text.is_none()) && self.tags.is_none()
    }

    /// The fields flat, as Partnero's own n8n node sends them, and once more inside `update`, as
    /// the pages about customers show them.
    pub(super) fn body(&self) -> Value {
        let mut body = json!(self);
        if let Value::Object(fields) = &mut body {
            // Both forms at once, because the documentation has one, and the n8n node has the
            // other.
            fields.insert("update".to_owned(), json!(self));
        }
        body
    }
}

impl fmt::Debug for PartnerUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartnerUpdate")
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_set_goes_out() {
        let bare = NewPartner::new("pia@partner.example");
        assert_eq!(json!(bare), json!({"email": "pia@partner.example"}));
        let full = bare
            .id(1)
            .key("pia")
            .name("Pia")
            .surname("P")
            .password("Secret-1")
            .tags(["new"])
            .referring_partner(PartnerRef::key("tom"));
        assert_eq!(
            json!(full),
            json!({
                "email": "pia@partner.example", "id": "1", "key": "pia", "name": "Pia",
                "surname": "P", "password": "Secret-1", "tags": ["new"],
                "referring_partner": {"key": "tom"}
            })
        );
        let shown = format!("{full:?}");
        assert!(
            !shown.contains("Secret") && !shown.contains("pia@"),
            "{shown}"
        );
        let update = PartnerUpdate::new();
        assert!(update.is_empty());
        let update = update.name("Pia");
        assert_eq!(
            update.body(),
            json!({"name": "Pia", "update": {"name": "Pia"}})
        );
        assert!(!format!("{update:?}").contains("Pia"));
    }
}
