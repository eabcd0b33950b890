//! Answers, and how they are written: envelopes, errors, and the switches about both.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use super::json::Json;
use super::switches::{EmptyObjects, ErrorMap, Numbers, Switches};

/// What a handler gives back.
pub(super) type Outcome = Result<Answer, Refusal>;

/// A success.
#[derive(Debug)]
pub(super) enum Answer {
    /// `{"data": …, "status": 1}`.
    Data(Json),
}

/// A failure.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A status and Partnero's `message`.
    Plain(StatusCode, String),
    /// 422, field by field.
    Invalid(Vec<FieldError>),
}

/// What is wrong with one field of a body.
#[derive(Debug)]
pub(super) struct FieldError {
    pub(super) field: String,
    pub(super) text: String,
}

impl Refusal {
    pub(super) fn not_found(message: &str) -> Self {
        Self::Plain(StatusCode::NOT_FOUND, message.to_owned())
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::Plain(StatusCode::BAD_REQUEST, message.to_owned())
    }

    pub(super) fn invalid(field: &str, text: &str) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.to_owned(),
            text: text.to_owned(),
        }])
    }

    /// A status alone; its usual phrase is the message.
    pub(super) fn status(status: StatusCode) -> Self {
        let phrase = status.canonical_reason().unwrap_or("Error");
        Self::Plain(status, phrase.to_owned())
    }
}

pub(super) fn write(outcome: Outcome, switches: &Switches) -> Response<Body> {
    match outcome {
        Ok(Answer::Data(data)) => {
            let data = dress(data, switches);
            let body = Json::object([("data", data), ("status", 1.into())]);
            json(StatusCode::OK, &body)
        }
        Err(Refusal::Plain(status, message)) => {
            json(status, &Json::object([("message", message.into())]))
        }
        Err(Refusal::Invalid(errors)) => {
            let message = errors.first().map_or("", |error| &error.text);
            let mut body = Json::object([("message", message.into())]);
            if let Some(map) = error_map(&errors, switches) {
                body.push("errors", map);
            }
            json(StatusCode::UNPROCESSABLE_ENTITY, &body)
        }
    }
}

fn error_map(errors: &[FieldError], switches: &Switches) -> Option<Json> {
    let mut map: Vec<(String, Json)> = Vec::new();
    for FieldError { field, text } in errors {
        let text = Json::from(text.as_str());
        match map.iter_mut().find(|(name, _)| name == field) {
            Some((_, Json::List(texts))) => texts.push(text),
            Some(_) => {}
            None if switches.error_map == ErrorMap::Texts => {
                map.push((field.clone(), vec![text].into()));
            }
            None => map.push((field.clone(), text)),
        }
    }
    (switches.error_map != ErrorMap::Absent).then_some(Json::Object(map))
}

fn dress(data: Json, switches: &Switches) -> Json {
    data.map(&|json| match json {
        Json::Number(digits) if switches.numbers == Numbers::Strings => Json::Text(digits),
        Json::Object(fields)
            if fields.is_empty() && switches.empty_objects == EmptyObjects::Lists =>
        {
            Json::List(Vec::new())
        }
        other => other,
    })
}

fn json(status: StatusCode, body: &Json) -> Response<Body> {
    // Writing fails only for a map whose keys are no strings, and ours are.
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
