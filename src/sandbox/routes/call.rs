//! What an endpoint gets to see of a request.

use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use http::header::CONTENT_TYPE;

use crate::sandbox::answer::Refusal;
use crate::sandbox::customers::Serial;
use crate::sandbox::json::Json;
use crate::sandbox::world::World;

pub(super) struct Call {
    /// The path's variable segment, percent-decoded.
    segment: Option<String>,
    body: Option<Json>,
}

impl Call {
    /// The body, which has to be a JSON object under a JSON content type. What Partnero answers
    /// to anything else is assumed.
    pub(super) fn body(&self) -> Result<&Json, Refusal> {
        self.body
            .as_ref()
            .filter(|body| matches!(body, Json::Object(_)))
            .ok_or_else(|| Refusal::bad_request("The body must be a JSON object."))
    }

    /// The customer that the path names.
    pub(super) fn customer(&self, world: &World) -> Result<Serial, Refusal> {
        self.segment
            .as_deref()
            .and_then(|segment| world.find(segment))
            .ok_or_else(|| Refusal::not_found("Customer not found."))
    }
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, state).await;
        // The body was read, and its length limited, before the request came here.
        let body = to_bytes(body, usize::MAX)
            .await
            .unwrap_or_else(|_| Bytes::new());
        let is_json = parts.headers.get(CONTENT_TYPE).is_some_and(|value| {
            value
                .to_str()
                .is_ok_and(|text| text.to_ascii_lowercase().contains("json"))
        });
        Ok(Self {
            segment: params
                .ok()
                .and_then(|params| params.iter().next().map(|(_, value)| value.to_owned())),
            body: if is_json { Json::parse(&body) } else { None },
        })
    }
}
