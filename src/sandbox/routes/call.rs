//! What an endpoint gets to see of a request.

use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use crate::sandbox::answer::Refusal;
use crate::sandbox::customer::Serial;
use crate::sandbox::json::Json;
use crate::sandbox::world::World;

pub(super) struct Call {
    /// The path as it was sent, without its query.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) accepts_json: bool,
    /// The path's variable segment, percent-decoded.
    segment: Option<String>,
    body: Option<Json>,
}

impl Call {
    /// The path's variable segment.
    pub(super) fn segment(&self) -> &str {
        self.segment.as_deref().unwrap_or_default()
    }

    /// The body, which has to be a JSON object under a JSON content type. What Partnero answers
    /// to anything else is assumed.
    pub(super) fn body(&self) -> Result<&Json, Refusal> {
        self.optional_body()
            .ok_or_else(|| Refusal::bad_request("The body must be a JSON object."))
    }

    /// The body of a request that need not have one.
    pub(super) fn optional_body(&self) -> Option<&Json> {
        let body = self.body.as_ref();
        body.filter(|body| matches!(body, Json::Object(_)))
    }

    /// The query parameter of this name, unless it is empty; the last one counts.
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
        // The body was read, and its length limited, before the request came here.
        let body = to_bytes(body, usize::MAX)
            .await
            .unwrap_or_else(|_| Bytes::new());
        let is_json = names_json(&parts.headers, CONTENT_TYPE);
        Ok(Self {
            path: parts.uri.path().to_owned(),
            query: query.map_or_else(|_| Vec::new(), |Query(pairs)| pairs),
            accepts_json: names_json(&parts.headers, ACCEPT),
            segment: segment.map(|(_, value)| value.to_owned()),
            body: if is_json { Json::parse(&body) } else { None },
        })
    }
}

fn names_json(headers: &HeaderMap, name: HeaderName) -> bool {
    headers.get_all(name).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|text| text.to_ascii_lowercase().contains("json"))
    })
}
