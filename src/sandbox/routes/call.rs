//! A request, as an endpoint sees it.

use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::sandbox::answer::Refusal;
use crate::sandbox::customer::Serial;
use crate::sandbox::json::Json;
use crate::sandbox::world::World;

pub(super) struct Call {
    /// The path as it was sent, without its query.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// The path's variable segment, percent-decoded.
    segment: Option<String>,
    body: Option<Json>,
}

impl Call {
    /// The path's variable segment.
    pub(super) fn segment(&self) -> &str {
        self.segment.as_deref().unwrap_or_default()
    }

    /// The body, which must be a JSON object with a JSON content type. It is assumed that Partnero
    /// answers 400 to other bodies.
    pub(super) fn body(&self) -> Result<&Json, Refusal> {
        self.optional_body()
            .ok_or_else(|| Refusal::bad_request("The body must be a JSON object."))
    }

    /// The body, for an endpoint that does not need a body.
    pub(super) fn optional_body(&self) -> Option<&Json> {
        let body = self.body.as_ref();
        body.filter(|body| matches!(body, Json::Object(_)))
    }

    /// The query parameter of this name, unless it is empty. If there are several, the last counts.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter().rev();
        let value = pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// The customer that the path names.
    pub(super) fn customer(&self, world: &World) -> Result<Serial, Refusal> {
        world
            .find(self.segment())
            .ok_or_else(|| Refusal::not_found("Customer not found."))
    }
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, state)
            .await
            .ok();
        let segment = params.as_ref().and_then(|params| params.iter().next());
        let query = Query::from_request_parts(&mut parts, state).await;
        // No limit is needed: `exchange` has read the body already, and has limited its length.
        let body = to_bytes(body, usize::MAX)
            .await
            .unwrap_or_else(|_| Bytes::new());
        let is_json = is_json(&parts.headers);
        Ok(Self {
            path: parts.uri.path().to_owned(),
            query: query.map_or_else(|_| Vec::new(), |Query(pairs)| pairs),
            segment: segment.map(|(_, value)| value.to_owned()),
            body: if is_json { Json::parse(&body) } else { None },
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.to_ascii_lowercase().contains("json"))
}
