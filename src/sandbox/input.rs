//! Reads a body field by field, and collects all mistakes.
//!
//! Partnero documents the types of fields, but hardly which values it refuses: that part is
//! assumed. An empty string counts as absent, and unknown fields are ignored.

use rust_decimal::Decimal;

use super::answer::{FieldError, Refusal};
use super::json::Json;
use super::money::exact;

/// In characters. No limit of Partnero's is known; this is the usual width of a text column.
const LONGEST_TEXT: usize = 255;

pub(super) struct Input<'a> {
    body: &'a Json,
    /// Stands before the names of fields in errors, as `transactions.0.`.
    prefix: String,
    errors: Vec<FieldError>,
}

impl<'a> Input<'a> {
    pub(super) fn new(body: &'a Json) -> Self {
        Self::nested(body, String::new())
    }

    /// Reads a part of a body. `prefix` says in errors where the part stands.
    pub(super) fn nested(body: &'a Json, prefix: String) -> Self {
        Self {
            body,
            prefix,
            errors: Vec::new(),
        }
    }

    /// The value at a path such as `customer.id`. Null counts as absent.
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

    pub(super) fn boolean(&mut self, path: &str) -> Option<bool> {
        match self.value(path)? {
            Json::Bool(value) => Some(*value),
            // Laravel's rule for booleans takes these, too.
            Json::Number(text) | Json::Text(text) if text == "1" => Some(true),
            Json::Number(text) | Json::Text(text) if text == "0" => Some(false),
            _ => self.refuse(path, "must be true or false"),
        }
    }

    /// An amount that is not negative: a JSON number, or a string (O) that contains a number.
    pub(super) fn amount(&mut self, path: &str) -> Option<Decimal> {
        let (Json::Number(text) | Json::Text(text)) = self.value(path)? else {
            return self.refuse(path, "must be a number");
        };
        match exact(text) {
            Some(value) if value.is_sign_negative() && !value.is_zero() => {
                self.refuse(path, "must not be negative")
            }
            Some(value) => Some(value),
            None => self.refuse(path, "must be a number of at most 28 digits below 10^18"),
        }
    }

    pub(super) fn list(&mut self, path: &str) -> Option<&'a [Json]> {
        match self.value(path)? {
            Json::List(items) => Some(items),
            _ => self.refuse(path, "must be a list"),
        }
    }

    pub(super) fn texts(&mut self, path: &str) -> Option<Vec<String>> {
        let texts = self.list(path)?.iter().map(|item| match item {
            Json::Text(text) => Some(text.clone()),
            _ => None,
        });
        match texts.collect() {
            Some(texts) => Some(texts),
            None => self.refuse(path, "must be a list of strings"),
        }
    }

    /// Whether the value is an object. A value of another type is a mistake, but not an absent
    /// value or PHP's empty array, which Laravel takes for absent.
    pub(super) fn is_object(&mut self, path: &str) -> bool {
        match self.value(path) {
            None => false,
            Some(Json::Object(_)) => true,
            Some(Json::List(items)) if items.is_empty() => false,
            Some(_) => self.refuse(path, "must be an object").unwrap_or(false),
        }
    }

    /// Adds a mistake. `problem` completes a sentence that begins with "The" and the field's name.
    pub(super) fn refuse<T>(&mut self, path: &str, problem: &str) -> Option<T> {
        let field = self.name(path);
        let text = format!("The {field} {problem}.");
        self.errors.push(FieldError { field, text });
        None
    }

    /// Adds a mistake if the value is absent, unless the field has a mistake already.
    pub(super) fn required<T>(&mut self, path: &str, value: Option<T>) -> Option<T> {
        if value.is_none()
            && !self
                .errors
                .iter()
                .any(|error| error.field == self.name(path))
        {
            return self.refuse(path, "is required");
        }
        value
    }

    fn name(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Adds the mistakes of a part.
    pub(super) fn absorb(&mut self, part: Input<'_>) {
        self.errors.extend(part.errors);
    }

    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Refusal::Invalid(self.errors))
    }
}

/// One `@` with text on both sides, and no space or control character.
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
