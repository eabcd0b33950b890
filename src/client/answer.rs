//! Turns an HTTP answer into its data, or into an error.

use std::time::SystemTime;

use http::{Method, Response, StatusCode};
use serde_json::Value;

use super::api_key::ApiKey;
use super::body::Body;
use super::error::{Effort, Error, FieldError};
use super::excerpt;
use super::fields::{self, Fields};
use super::kind::ErrorKind;
use super::retry_after::retry_after;
use super::summary::CallSummary;

/// The most characters of an answer's own message that an error keeps.
const MESSAGE_LENGTH: usize = 500;
/// The most fields of `errors`, messages of one field, and characters of a name and of a message.
const MOST_FIELDS: usize = 20;
const MOST_MESSAGES: usize = 3;
const FIELD_LENGTH: usize = 50;
const ERROR_LENGTH: usize = 150;

/// A successful answer.
#[derive(Debug)]
pub(super) struct Success {
    /// The fields of the body: `data`, `status` and others, none of which is certain. Empty if the
    /// answer has no body.
    pub(super) fields: Fields,
    /// How many bytes the body has.
    pub(super) length: usize,
    call: CallSummary,
    status: StatusCode,
    effort: Effort,
}

impl Success {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// The status is no success; the body is no JSON object, or says that the call has failed; or
    /// the call must not be sent twice, and the answer does not [confirm](confirms) its effect.
    pub(super) fn read(
        call: &CallSummary,
        answer: &Response<Body>,
        api_key: &ApiKey,
        most_values: usize,
        effort: Effort,
    ) -> Result<Self, Error> {
        let status = answer.status();
        let fail = |kind| {
            Error::new(kind, call)
                .with_status(status)
                .with_effort(effort.clone())
                .with_retry_after(retry_after(answer.headers(), SystemTime::now()))
        };
        let body = answer.body().as_bytes();
        // Counted before anything is parsed: afterwards the values are in memory already.
        if count_values(body) > most_values {
            let error = fail(kind_of(status).unwrap_or(ErrorKind::Decode));
            let message = format!("the answer has more than {most_values} values");
            return Err(error.with_message(message));
        }
        let body = serde_json::from_slice(body);
        let fields = match (kind_of(status), body) {
            // A 200 may hold a failure, too: Partnero's own plugin reads `status` in each answer.
            (None, Ok(Value::Object(fields))) if succeeded(&fields) => fields,
            (None, Ok(Value::Object(fields))) => {
                return Err(told(fail(ErrorKind::Rejected), &fields, api_key));
            }
            // A 204, or a proxy that drops the body of an empty answer.
            (None, _) if answer.body().is_empty() => Fields::new(),
            // PHP writes an empty object as `[]`.
            (None, Ok(Value::Array(items))) if items.is_empty() => Fields::new(),
            (Some(kind), Ok(Value::Object(fields))) => {
                return Err(told(fail(kind), &fields, api_key));
            }
            (kind, _) => {
                let error = fail(kind.unwrap_or(ErrorKind::Decode));
                return Err(error.with_message(odd(answer.body(), api_key)));
            }
        };
        if !confirms(call, status, &fields) {
            let error = fail(ErrorKind::Decode).with_message("the answer confirms nothing");
            return Err(told(error, &fields, api_key));
        }
        Ok(Self {
            fields,
            length: answer.body().len(),
            call: call.clone(),
            status,
            effort,
        })
    }

    /// Whether Partnero itself says that the call succeeded.
    pub(super) fn says_success(&self) -> bool {
        says_success(&self.fields) || self.status == StatusCode::NO_CONTENT
    }

    /// Takes `data` out; `None` if it is missing or empty.
    pub(super) fn take_data(&mut self) -> Option<Value> {
        let data = self.fields.remove("data")?;
        (!fields::is_empty(&data)).then_some(data)
    }

    /// An error about the contents of this answer.
    pub(super) fn error(&self, kind: ErrorKind, message: &'static str) -> Error {
        Error::new(kind, &self.call)
            .with_status(self.status)
            .with_effort(self.effort.clone())
            .with_message(message)
    }
}

/// About how many values a JSON text has: its commas and opening brackets outside of texts. A value
/// of a few bytes takes hundreds in memory, so the length of a text does not bound what it costs.
fn count_values(json: &[u8]) -> usize {
    let (mut count, mut in_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

/// Whether an answer says that a call has had its effect. Calls that may be repeated need not be
/// confirmed. For the others, which move money or invite somebody, a success without `status` and
/// without `data` is doubt: a proxy, or a page about maintenance, may answer 200 in Partnero's
/// place. A 204 has no body; Partnero may send one for a `DELETE`.
fn confirms(call: &CallSummary, status: StatusCode, fields: &Fields) -> bool {
    let has_data = || {
        let data = fields.get("data");
        data.is_some_and(|data| !fields::is_empty(data))
    };
    call.repeatable
        || says_success(fields)
        || has_data()
        || (status == StatusCode::NO_CONTENT && call.method == Method::DELETE)
}

/// Whether `status` is the 1 of Partnero's successes. A gateway may put other values there.
pub(super) fn says_success(fields: &Fields) -> bool {
    match fields.get("status") {
        Some(Value::Bool(status)) => *status,
        Some(Value::Number(status)) => status.as_f64() == Some(1.0),
        Some(Value::String(status)) => matches!(status.as_str(), "1" | "true"),
        _ => false,
    }
}

/// Adds what an answer says is wrong.
fn told(error: Error, fields: &Fields, api_key: &ApiKey) -> Error {
    let field_errors = field_errors(fields, api_key);
    // With errors of fields, the other texts of the body add nothing.
    let message = message(fields).or_else(|| match field_errors.as_slice() {
        [] => other_words(fields),
        _ => None,
    });
    let error = error.with_field_errors(field_errors);
    match message {
        Some(message) => error.with_message(cut(&api_key.redact(&message), MESSAGE_LENGTH)),
        None => error,
    }
}

/// The beginning of a text. The API key was removed before, because half a key would not be found.
fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text.to_owned(),
    }
}

/// The kind of error that a status stands for; `None` for a success.
pub(super) fn kind_of(status: StatusCode) -> Option<ErrorKind> {
    match status.as_u16() {
        200..=299 => None,
        401 | 403 => Some(ErrorKind::Unauthorized),
        404 => Some(ErrorKind::NotFound),
        // A 408 comes from a server that has waited for the request; how much of it arrived is not
        // known.
        408 | 500..=599 => Some(ErrorKind::Server),
        409 => Some(ErrorKind::Conflict),
        422 => Some(ErrorKind::Invalid),
        429 => Some(ErrorKind::RateLimited),
        400..=499 => Some(ErrorKind::Rejected),
        // A redirect or an answer below 200 is nothing that the API sends, so a proxy is in the
        // way.
        _ => Some(ErrorKind::Decode),
    }
}

/// Whether the body of a success says so, too. The documentation has `status` as the integer 1, and
/// at times leaves it out; Partnero's own plugin reads it as a truth value.
fn succeeded(fields: &Fields) -> bool {
    match fields.get("status") {
        Some(Value::Bool(status)) => *status,
        Some(Value::Number(status)) => status.as_f64() != Some(0.0),
        Some(Value::String(status)) => !matches!(status.as_str(), "0" | "false"),
        _ => true,
    }
}

fn message(fields: &Fields) -> Option<String> {
    let message = fields.get("message")?;
    (!fields::is_empty(message)).then(|| text(message))
}

/// The texts of an answer without a message, with their names. A proxy or the framework behind the
/// API may say so what is wrong.
fn other_words(fields: &Fields) -> Option<String> {
    let texts = fields.iter().filter_map(|(name, value)| {
        let text = value.as_str().filter(|text| !text.is_empty())?;
        Some(format!("{name}: {text}"))
    });
    let words = texts.collect::<Vec<_>>().join(", ");
    (!words.is_empty()).then_some(words)
}

/// Reads `errors` in every form that can hold a field and a text, because no source shows its form.
fn field_errors(fields: &Fields, api_key: &ApiKey) -> Vec<FieldError> {
    let shown = |value: &Value| cut(&api_key.redact(&text(value)), ERROR_LENGTH);
    let field_error = |field: &str, value: &Value| FieldError {
        field: cut(&api_key.redact(field), FIELD_LENGTH),
        messages: match value {
            Value::Array(items) => items.iter().take(MOST_MESSAGES).map(shown).collect(),
            other => vec![shown(other)],
        },
    };
    match fields.get("errors") {
        Some(Value::Object(errors)) => errors
            .iter()
            .take(MOST_FIELDS)
            .map(|(field, value)| field_error(field, value))
            .collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(errors)) if errors.is_empty() => Vec::new(),
        // A text, or a list without names of fields, is kept for a person to read.
        Some(errors) => vec![field_error("", errors)],
    }
}

fn odd(body: &Body, api_key: &ApiKey) -> String {
    let start = excerpt::excerpt(body.as_bytes(), api_key);
    format!("the answer is no JSON object: {start}")
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::RETRY_AFTER;

    fn read(status: u16, body: &str) -> Result<Fields, Error> {
        let call = CallSummary::repeatable(Method::GET, "/customers/{id}");
        read_of(&call, status, body)
    }

    fn read_of(call: &CallSummary, status: u16, body: &str) -> Result<Fields, Error> {
        let answer = Response::builder()
            .status(status)
            .header(RETRY_AFTER, "7")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let api_key = ApiKey::new("s3cret").unwrap();
        let success = Success::read(call, &answer, &api_key, 9, Effort::default());
        success.map(|success| success.fields)
    }

    #[test]
    fn a_success_may_lack_status_and_body() {
        assert_eq!(read(200, r#"{"data": 1, "status": 1}"#).unwrap()["data"], 1);
        assert_eq!(read(201, r#"{"data": 1}"#).unwrap()["data"], 1);
        assert!(read(204, "").unwrap().is_empty());
        assert!(read(200, "[]").unwrap().is_empty());
        assert!(read(200, "[1]").is_err());
    }

    #[test]
    fn values_are_counted_outside_of_texts() {
        for (json, count) in [
            ("", 0),
            ("1", 0),
            (r#"{"a": 1, "b": [2, 3]}"#, 4),
            (r#"["a,[{", "\",[\\", "\\", {}]"#, 5),
            (r#"{"a, [{"#, 1),
        ] {
            assert_eq!(count_values(json.as_bytes()), count, "{json}");
        }
        let most = read(200, "[1, 2, 3, 4, 5, 6, 7, 8, 9]").unwrap_err();
        assert!(most.message().unwrap().contains("no JSON object"));
        let more = read(200, "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]").unwrap_err();
        assert!(more.message().unwrap().contains("more than 9 values"));
    }

    #[test]
    fn what_must_not_be_sent_twice_is_confirmed_by_status_or_data() {
        for (status, body, is_confirmed) in [
            (200, r#"{"status": 1}"#, true),
            (200, r#"{"status": "true"}"#, true),
            (200, r#"{"data": {"id": 1}}"#, true),
            (204, "", true),
            (200, "", false),
            (200, r#"{"status": 2}"#, false),
            (200, r#"{"status": "ok"}"#, false),
            (200, r#"{"data": [], "error": "maintenance"}"#, false),
        ] {
            let call = CallSummary::once(Method::DELETE, "/transactions/{id}", "");
            match read_of(&call, status, body) {
                Ok(_) => assert!(is_confirmed, "{body}"),
                Err(error) => {
                    assert!(!is_confirmed, "{body}");
                    assert_eq!(error.kind(), ErrorKind::Ambiguous);
                    assert!(error.message().is_some());
                }
            }
            assert!(read(status, body).is_ok());
        }
    }

    #[test]
    fn a_failure_told_in_a_success_is_one() {
        for body in [
            r#"{"status": 0, "message": "no"}"#,
            r#"{"status": false}"#,
            r#"{"status": "0"}"#,
        ] {
            assert_eq!(
                read(200, body).unwrap_err().kind(),
                ErrorKind::Rejected,
                "{body}"
            );
        }
    }

    #[test]
    fn every_shape_of_errors_keeps_its_words() {
        for (errors, field, messages) in [
            (
                r#"{"email": ["taken", "odd"]}"#,
                "email",
                &["taken", "odd"][..],
            ),
            (r#"{"email": "taken"}"#, "email", &["taken"]),
            (r#"{"email": [{"code": 1}]}"#, "email", &[r#"{"code":1}"#]),
            (r#"["taken"]"#, "", &["taken"]),
            (r#""taken""#, "", &["taken"]),
        ] {
            let error =
                read(422, &format!(r#"{{"message": "bad", "errors": {errors}}}"#)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.message(), Some("bad"));
            assert_eq!(error.field_errors()[0].field, field);
            assert_eq!(error.field_errors()[0].messages, messages);
        }
        assert!(
            read(422, r#"{"errors": []}"#)
                .unwrap_err()
                .field_errors()
                .is_empty()
        );
    }

    #[test]
    fn status_decides_the_kind_and_whether_to_retry() {
        for (status, kind, retryable) in [
            (400, ErrorKind::Rejected, false),
            (401, ErrorKind::Unauthorized, false),
            (403, ErrorKind::Unauthorized, false),
            (404, ErrorKind::NotFound, false),
            (405, ErrorKind::Rejected, false),
            (408, ErrorKind::Server, true),
            (409, ErrorKind::Conflict, false),
            (422, ErrorKind::Invalid, false),
            (429, ErrorKind::RateLimited, true),
            (500, ErrorKind::Server, true),
            (502, ErrorKind::Server, true),
            (302, ErrorKind::Decode, true),
        ] {
            let error = read(status, r#"{"message": "m"}"#).unwrap_err();
            assert_eq!(
                (error.kind(), error.is_retryable()),
                (kind, retryable),
                "{status}"
            );
            assert_eq!(error.status().unwrap(), status);
            assert_eq!(error.message(), Some("m"));
            assert_eq!(error.retry_after().unwrap().as_secs(), 7);
        }
    }

    #[test]
    fn an_error_without_a_message_keeps_the_words_it_has() {
        for (body, message) in [
            (
                r#"{"error": "Unauthenticated."}"#,
                Some("error: Unauthenticated."),
            ),
            (
                r#"{"message": "", "error": "s3cret"}"#,
                Some("error: [redacted]"),
            ),
            (r#"{"message": ["a", "b"]}"#, Some(r#"["a","b"]"#)),
            (
                r#"{"message": null, "status": 0, "data": {"email": "x"}}"#,
                None,
            ),
        ] {
            assert_eq!(read(400, body).unwrap_err().message(), message, "{body}");
        }
        let long = format!(r#"{{"error": "{}"}}"#, "x".repeat(5_000));
        assert!(read(400, &long).unwrap_err().message().unwrap().len() < 520);
        let told = read(422, r#"{"errors": {"email": ["taken"]}}"#).unwrap_err();
        assert_eq!(told.message(), None);
    }

    #[test]
    fn html_and_cut_answers_show_their_start_and_no_key() {
        let long = format!("<html>s3cret{}", "x".repeat(500));
        let error = read(502, &long).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        let message = error.message().unwrap();
        assert!(message.contains("<html>[redacted]xxx"), "{message}");
        assert!(message.len() < 300);

        let cut = read(200, r#"{"data": {"id"#).unwrap_err();
        assert_eq!(cut.kind(), ErrorKind::Decode);
        let echoed = read(
            401,
            r#"{"message": "s3cret", "errors": {"s3cret": "s3cret"}}"#,
        )
        .unwrap_err();
        assert!(!format!("{echoed} {echoed:?}").contains("s3cret"));
    }
}
