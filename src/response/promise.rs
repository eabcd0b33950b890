//! Keeps what a handler's response part has written.
//!
//! In axum an array of headers replaces what stands there already: behind `Spent`, a
//! `[(SET_COOKIE, session)]` would take the removal away again, and a `[(CACHE_CONTROL, "public")]`
//! would hand one visitor's cookie to all. So a part leaves its lines with the response, too, and
//! the layer sees to it that they are there when the response leaves.

use http::{Extensions, Response};

use super::lines::CookieLines;

#[derive(Clone)]
struct Promise(Vec<CookieLines>);

impl CookieLines {
    /// Leaves the lines with a response to which they are appended as well.
    pub(crate) fn promise_in(&self, extensions: &mut Extensions) {
        match extensions.get_mut::<Promise>() {
            Some(Promise(promised)) => promised.push(self.clone()),
            None => {
                extensions.insert(Promise(vec![self.clone()]));
            }
        }
    }
}

/// Appends again what is gone. Of two parts that speak of one cookie the last one counts, as it
/// would in the browser.
pub(crate) fn keep<B>(response: &mut Response<B>) {
    if let Some(Promise(promised)) = response.extensions_mut().remove::<Promise>() {
        for lines in promised.into_iter().rev() {
            lines.restore_in(response.headers_mut());
        }
    }
}
