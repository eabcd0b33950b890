use http::request::Parts;
use http::{HeaderMap, Method, Uri};

/// The part of a request that a [consent](super::consent) policy sees.
///
/// The layer and a handler must get the same answer for one request. Extensions are left out for
/// that reason: a middleware between the two could set one. A middleware outside the layer can pass
/// its finding on in a header. A policy should not look at the path where handlers are in a nested
/// axum router, because such a handler sees the rest of the path only.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
}

impl<'a> RequestHead<'a> {
    /// Makes the head of a request, to call a policy with it in a test.
    #[must_use]
    pub fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self {
            method,
            uri,
            headers,
        }
    }

    pub(super) fn of(parts: &'a Parts) -> Self {
        Self::new(&parts.method, &parts.uri, &parts.headers)
    }
}
