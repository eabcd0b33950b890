//! Reading a body field by field, with every mistake collected.
//!
//! Which values Partnero refuses is hardly documented: types are (by its field tables), the rest
//! is assumed. An empty string counts as absent, and fields that nobody asks for are ignored.

use super::answer::{FieldError, Refusal};
use super::json::Json;

/// No field is known to have a limit at Partnero; this is the usual width of a text column.
const LONGEST_TEXT: usize = 255;

pub(super) struct Input<'a> {
    body: &'a Json,
    errors: Vec<FieldError>,
}

impl<'a> Input<'a> {
    pub(super) fn new(body: &'a Json) -> Self {
        Self {
            body,
            errors: Vec::new(),
        }
    }

    /// The value at a path such as `customer.id`; null counts as absent.
    pub(super) fn value(&self, path: &str) -> Option<&'a Json> {
        path.split('.')
            .try_fold(self.body, |json, name| json.get(name))
            .filter(|json| !matches!(json, Json::Null))
    }

    pub(super) fn text(&mut self, path: &str) -> Option<String> {
        match self.value(path)? {
            Json::Text(text) if text.is_empty() => None,
            Json::Text(text) if text.chars().count() > LONGEST_TEXT => {
                let problem = format!("must not be longer than {LONGEST_TEXT} characters");
                self.refuse(path, &problem)
            }
            Json::Text(text) => Some(text.clone()),
            _ => self.refuse(path, "must be a string"),
        }
    }

    pub(super) fn email(&mut self, path: &str) -> Option<String> {
        let email = self.text(path)?;
        if is_email(&email) {
            return Some(email);
        }
        self.refuse(path, "must be an e-mail address")
    }

    /// Notes a mistake; `problem` goes on from "The name of the field …".
    pub(super) fn refuse<T>(&mut self, path: &str, problem: &str) -> Option<T> {
        self.errors.push(FieldError {
            field: path.to_owned(),
            text: format!("The {path} {problem}."),
        });
        None
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Refusal::Invalid(self.errors))
    }
}

/// Something on both sides of one `@`, and no space or control character.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !text.contains(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_collected() {
        let body = Json::parse(br#"{"id":7,"email":"x","name":"","customer":{"key":"k"}}"#);
        let body = body.unwrap();
        let mut input = Input::new(&body);
        assert_eq!(input.text("id"), None);
        assert_eq!(input.email("email"), None);
        assert_eq!(input.text("name"), None);
        assert_eq!(input.text("customer.key").as_deref(), Some("k"));
        let Err(Refusal::Invalid(errors)) = input.finish() else {
            panic!("two mistakes");
        };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["id", "email"]);
    }

    #[test]
    fn email_shapes() {
        for (text, valid) in [
            ("anna@shop.example", true),
            ("anna+tag@localhost", true),
            ("@shop.example", false),
            ("anna@", false),
            ("a@b@c", false),
            ("an na@shop.example", false),
        ] {
            assert_eq!(is_email(text), valid, "{text}");
        }
    }
}
