//! The sign by which a handler knows that the layer has seen the link of its request.

use std::sync::atomic::{AtomicBool, Ordering};

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

/// Nearly every request has one of these, and no middleware has a reason to write another value.
static CARRIERS: [HeaderName; 2] = [USER_AGENT, HOST];

/// The layer calls a header value of the request *sensitive* once it writes cookie lines for it.
///
/// The flag changes no byte that the app reads; only `Debug` prints another text for the value. A
/// header of our own, or a value in the extensions, would cost up to three allocations and a third
/// of a capture. Another middleware may set the flag, too; then a hint is not given, and nothing else
/// happens.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// Judges alone where a request has none of the headers, as in a test.
    was_left: AtomicBool,
}

impl Mark {
    #[inline]
    pub(super) fn leave_in(&self, headers: &mut HeaderMap) {
        self.was_left.store(true, Ordering::Relaxed);
        for name in &CARRIERS {
            if let Some(value) = headers.get_mut(name) {
                value.set_sensitive(true);
            }
        }
    }

    #[cold]
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let carriers = || CARRIERS.iter().filter_map(|name| headers.get(name));
        self.was_left.load(Ordering::Relaxed)
            && (carriers().next().is_none() || carriers().any(HeaderValue::is_sensitive))
    }
}
