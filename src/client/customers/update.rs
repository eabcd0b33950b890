//! A change of a customer.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

/// A change of a customer. Only the fields that are set here are changed.
///
/// `Debug` leaves out name and e-mail address.
#[derive(Clone, Default, Serialize)]
#[must_use]
pub struct CustomerUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    surname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
}

impl CustomerUpdate {
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

    /// Another public key; unique. Whether links with the old key go on working is not documented.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Other tags. The sources show tags in affiliate programs.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        let texts = [&self.email, &self.name, &self.surname, &self.key];
        texts.iter().all(|text| text.is_none()) && self.tags.is_none()
    }

    /// The fields inside `update`, and once more flat: sources show the one or the other. The key
    /// is inside alone, because in one form of this call a flat key names the customer.
    pub(super) fn body(&self) -> Value {
        let mut body = json!(self);
        if let Value::Object(fields) = &mut body {
            // Both forms at once, because the documentation has one, and the n8n node has the
            // other. At the top a `key` would name the customer to be changed, so there it is left
            // out.
            fields.remove("key");
            fields.insert("update".to_owned(), json!(self));
        }
        body
    }
}

impl fmt::Debug for CustomerUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerUpdate")
            .field("key", &self.key)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_set_goes_out() {
        let update = CustomerUpdate::new();
        assert!(update.is_empty());
        assert!(!update.clone().tags([""; 0]).is_empty());
        let update = update.name("Anna").email("anna@shop.example").key("k");
        assert_eq!(
            update.body(),
            json!({
                "email": "anna@shop.example", "name": "Anna",
                "update": {"email": "anna@shop.example", "name": "Anna", "key": "k"}
            })
        );
        assert!(!format!("{update:?}").to_lowercase().contains("anna"));
    }
}
