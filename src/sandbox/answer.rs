//! What an endpoint answers, and how the answer is written as JSON.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use super::json::Json;
use super::switches::{
    CreatedStatus, DoneAnswer, EmptyObjects, EnvelopeStatus, ErrorMap, ErrorStatus, Numbers,
    Switches,
};

/// The answer to a request that was let in.
#[derive(Debug)]
pub(super) enum Answer {
    /// `{"data": …, "status": 1}`.
    Data(Json),
    /// As `Data`, for a customer, link, sale or subscription that was created.
    Created(Json),
    /// One page of a list.
    Page { data: Json, links: Json, meta: Json },
    /// `{"status": 1}`.
    Done,
}

/// An error that Partnero would answer with.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A status and Partnero's `message`.
    Plain(StatusCode, String),
    /// 422, with a text for each field that is wrong.
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

    pub(super) fn conflict(message: &str) -> Self {
        Self::Plain(StatusCode::CONFLICT, message.to_owned())
    }

    pub(super) fn invalid(field: &str, text: &str) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.to_owned(),
            text: text.to_owned(),
        }])
    }

    pub(super) fn taken(field: &str) -> Self {
        Self::invalid(field, &format!("The {field} has already been taken."))
    }

    /// A status whose usual phrase, as `Not Found`, is the message.
    pub(super) fn status(status: StatusCode) -> Self {
        let phrase = status.canonical_reason().unwrap_or("Error");
        Self::Plain(status, phrase.to_owned())
    }
}

pub(super) fn write(answer: Result<Answer, Refusal>, switches: &Switches) -> Response<Body> {
    match answer {
        Ok(answer) => write_success(answer, switches),
        Err(refusal) => write_refusal(&refusal, switches),
    }
}

fn write_refusal(refusal: &Refusal, switches: &Switches) -> Response<Body> {
    let (status, message) = match refusal {
        Refusal::Plain(status, message) => (*status, message.as_str()),
        Refusal::Invalid(errors) => {
            // Laravel, too, takes the first error for the message.
            let message = errors.first().map_or("", |error| &error.text);
            (StatusCode::UNPROCESSABLE_ENTITY, message)
        }
    };
    let mut body = Json::object([("message", message.into())]);
    if let Refusal::Invalid(errors) = refusal
        && switches.error_map != ErrorMap::Absent
    {
        body.push("errors", error_map(errors, switches.error_map));
    }
    if switches.error_status == ErrorStatus::Zero {
        body.push("status", 0);
    }
    json(status, &body)
}

fn write_success(answer: Answer, switches: &Switches) -> Response<Body> {
    let created = match switches.created_status {
        CreatedStatus::Ok => StatusCode::OK,
        CreatedStatus::Created => StatusCode::CREATED,
    };
    let mut body = Json::Object(Vec::new());
    let status = match answer {
        Answer::Data(data) => {
            body.push("data", dress(data, switches));
            StatusCode::OK
        }
        Answer::Created(data) => {
            body.push("data", dress(data, switches));
            created
        }
        Answer::Page { data, links, meta } => {
            body.push("data", dress(data, switches));
            body.push("links", links);
            body.push("meta", meta);
            StatusCode::OK
        }
        Answer::Done if switches.done_answer == DoneAnswer::NoContent => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            return response;
        }
        Answer::Done => {
            body.push("status", 1);
            return json(StatusCode::OK, &body);
        }
    };
    if switches.envelope_status == EnvelopeStatus::Present {
        body.push("status", 1);
    }
    json(status, &body)
}

fn error_map(errors: &[FieldError], shape: ErrorMap) -> Json {
    let mut map: Vec<(String, Json)> = Vec::new();
    for FieldError { field, text } in errors {
        let text = Json::from(text.as_str());
        match map.iter_mut().find(|(name, _)| name == field) {
            Some((_, Json::List(texts))) => texts.push(text),
            // As one text for each field, the first one stays.
            Some(_) => {}
            None if shape == ErrorMap::Texts => map.push((field.clone(), vec![text].into())),
            None => map.push((field.clone(), text)),
        }
    }
    Json::Object(map)
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
    // serde_json fails only for a map whose keys are no strings. All keys here are strings.
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
