//! The sign by which a handler knows that the layer has seen the link of its request.

use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};

/// Where the layer writes cookie lines, it calls the first header value of the request *sensitive*.
///
/// The flag changes no byte that the app reads; only `Debug` prints another text for the value. A
/// header of our own would cost a third of a capture, and a value in the extensions up to three
/// allocations. Another middleware may set the flag, too. Then a hint is left out, and nothing else
/// changes.
#[derive(Debug, Default)]
pub(super) struct Mark {
    was_left: AtomicBool,
}

impl Mark {
    // Not inlined into the layer's service, where every request would pay for it.
    #[inline(never)]
    pub(super) fn leave_in(&self, headers: &mut HeaderMap) {
        self.was_left.store(true, Ordering::Relaxed);
        if let Some(value) = headers.values_mut().next() {
            value.set_sensitive(true);
        }
    }

    #[cold]
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        // Browsers send at least one of the two. A test's request may have no header that could
        // carry the flag.
        let is_from_browser = headers.contains_key(HOST) || headers.contains_key(USER_AGENT);
        self.was_left.load(Ordering::Relaxed)
            && (!is_from_browser || headers.values().any(HeaderValue::is_sensitive))
    }
}
