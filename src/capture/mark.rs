//! The sign by which a handler knows that the layer has seen the link of its request.

use http::header::{HeaderMap, HeaderName, HeaderValue};

static CAPTURED: HeaderName = HeaderName::from_static("x-partnero-captured");

/// A request header with the name of the policy's cookie, so that two handles tell theirs apart.
///
/// The layer adds it only to a request for which it writes cookie lines. It is a header, because
/// the first value in the request's extensions would cost the capture two allocations. A visitor
/// may forge it. That is harmless: it suppresses a hint and nothing else.
#[derive(Debug)]
pub(super) struct Mark(HeaderValue);

impl Mark {
    /// `cookie` has been checked, and so is a header value.
    pub(super) fn new(cookie: &str) -> Self {
        Self(HeaderValue::from_str(cookie).unwrap_or(HeaderValue::from_static("")))
    }

    #[inline]
    pub(super) fn leave_in(&self, headers: &mut HeaderMap) {
        // Fails only on a map with thousands of headers.
        let _ = headers.try_append(&CAPTURED, self.0.clone());
    }

    #[cold]
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(&CAPTURED)
            .iter()
            .any(|mark| *mark == self.0)
    }
}
