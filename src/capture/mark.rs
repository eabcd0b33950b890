//! The mark that the layer leaves in a request whose link it captures. A handler finds it there, and
//! so knows that the layer covers its route.

use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};

/// The mark is the flag *sensitive* on the first header value of the request
/// ([`HeaderValue::set_sensitive`]). The layer sets it when it writes cookie lines for the request.
///
/// The app reads the same bytes with the flag and without it; only `Debug` prints another text for
/// the value. A header of our own would make a capture a third more expensive, and a value in the
/// request's extensions would take up to three allocations. If other middleware sets the flag, a
/// handler outside the layer finds a mark that the layer did not leave: the developer gets no hint,
/// and nothing else changes.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// Whether the layer has left a mark in any request.
    was_left: AtomicBool,
}

impl Mark {
    // Not inlined into the layer's service, where every request would pay for it.
    #[inline(never)]
    pub(super) fn leave_in(&self, headers: &mut HeaderMap) {
        self.was_left.store(true, Ordering::Relaxed);
        // The flag of a value costs no allocation, and an app that reads the header sees no
        // difference. A header or an extension of our own would cost one, and the app could see it.
        if let Some(value) = headers.values_mut().next() {
            value.set_sensitive(true);
        }
    }

    #[cold]
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        // Browsers send at least one of the two. A test's request may have no header that could
        // carry the flag.
        let is_from_browser = || headers.contains_key(HOST) || headers.contains_key(USER_AGENT);
        self.was_left.load(Ordering::Relaxed)
            && (headers.values().any(HeaderValue::is_sensitive) || !is_from_browser())
    }
}
