//! Turns an HTTP answer into its data, or into an error.

use std::time::SystemTime;

use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::api_key::ApiKey;
use super::body::Body;
use super::error::{Error, FieldError};
use super::excerpt;
use super::fields;
use super::kind::ErrorKind;
use super::retry_after::retry_after;
use super::summary::CallSummary;

/// The envelope of a successful answer; empty where the answer has no body.
pub(super) fn envelope(
    call: &CallSummary,
    answer: &Response<Body>,
    api_key: &ApiKey,
    now: SystemTime,
) -> Result<Map<String, Value>, Error> {
    let status = answer.status();
    let body = serde_json::from_slice(answer.body().as_bytes());
    let fail = |kind| {
        Error::new(kind, call)
            .with_status(status)
            .with_retry_after(retry_after(answer.headers(), now))
    };
    let told = |error: Error, envelope: &Map<String, Value>| {
        let field_errors = field_errors(envelope, api_key);
        let message = message(envelope).or_else(|| match field_errors.as_slice() {
            [] => other_words(envelope),
            _ => None,
        });
        let error = error.with_field_errors(field_errors);
        match message {
            Some(message) => error.with_message(api_key.redact(&message)),
            None => error,
        }
    };
    match (kind_of(status), body) {
        (None, Ok(Value::Object(envelope))) if succeeded(&envelope) => Ok(envelope),
        (None, Ok(Value::Object(envelope))) => Err(told(fail(ErrorKind::Rejected), &envelope)),
        (None, _) if answer.body().is_empty() => Ok(Map::new()),
        // PHP writes an empty object as `[]`.
        (None, Ok(Value::Array(items))) if items.is_empty() => Ok(Map::new()),
        (None, _) => Err(fail(ErrorKind::Decode).with_message(odd(answer.body(), api_key))),
        (Some(kind), Ok(Value::Object(envelope))) => Err(told(fail(kind), &envelope)),
        (Some(kind), _) => Err(fail(kind).with_message(odd(answer.body(), api_key))),
    }
}

/// The kind of error that a status stands for; `None` for a success.
pub(super) fn kind_of(status: StatusCode) -> Option<ErrorKind> {
    match status.as_u16() {
        200..=299 => None,
        401 | 403 => Some(ErrorKind::Unauthorized),
        404 => Some(ErrorKind::NotFound),
        408 | 500..=599 => Some(ErrorKind::Server),
        409 => Some(ErrorKind::Conflict),
        422 => Some(ErrorKind::Invalid),
        429 => Some(ErrorKind::RateLimited),
        400..=499 => Some(ErrorKind::Rejected),
        _ => Some(ErrorKind::Decode),
    }
}

/// Whether the body of a success says so, too. The documentation has `status` as the integer 1, and
/// at times leaves it out; Partnero's own plugin reads it as a truth value.
fn succeeded(envelope: &Map<String, Value>) -> bool {
    match envelope.get("status") {
        Some(Value::Bool(status)) => *status,
        Some(Value::Number(status)) => status.as_f64() != Some(0.0),
        Some(Value::String(status)) => !matches!(status.as_str(), "0" | "false"),
        _ => true,
    }
}

fn message(envelope: &Map<String, Value>) -> Option<String> {
    let message = envelope.get("message")?;
    (!fields::is_empty(message)).then(|| text(message))
}

/// The texts of an answer without a message, with their names. A proxy or the framework behind the
/// API may say so what is wrong.
fn other_words(envelope: &Map<String, Value>) -> Option<String> {
    let texts = envelope.iter().filter_map(|(name, value)| {
        let text = value.as_str().filter(|text| !text.is_empty())?;
        Some(format!("{name}: {text}"))
    });
    let words = texts.collect::<Vec<_>>().join(", ");
    (!words.is_empty()).then(|| words.chars().take(excerpt::LENGTH).collect())
}

/// Reads `errors` in every form that can hold a field and a text, because no source shows its form.
fn field_errors(envelope: &Map<String, Value>, api_key: &ApiKey) -> Vec<FieldError> {
    let texts = |value: &Value| match value {
        Value::Array(items) => items.iter().map(text).collect(),
        other => vec![text(other)],
    };
    let field_error = |field: &str, value: &Value| FieldError {
        field: api_key.redact(field),
        messages: texts(value)
            .iter()
            .map(|message: &String| api_key.redact(message))
            .collect(),
    };
    match envelope.get("errors") {
        Some(Value::Object(errors)) => errors
            .iter()
            .map(|(field, value)| field_error(field, value))
            .collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(errors)) if errors.is_empty() => Vec::new(),
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
    use http::Method;
    use http::header::RETRY_AFTER;

    fn read(status: u16, body: &str) -> Result<Map<String, Value>, Error> {
        let call = CallSummary::repeatable(Method::GET, "/customers/{id}");
        let answer = Response::builder()
            .status(status)
            .header(RETRY_AFTER, "7")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let api_key = ApiKey::new("s3cret").unwrap();
        envelope(&call, &answer, &api_key, SystemTime::UNIX_EPOCH)
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
        assert!(read(400, &long).unwrap_err().message().unwrap().len() < 300);
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
