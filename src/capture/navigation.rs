//! Which requests may write the cookie.

use http::Method;

/// Whether a request of this method may write the cookie.
///
/// Only a `GET` can be a visitor's landing: a `HEAD` is a checker's, and a form that is posted
/// to a link says nothing about who sent the visitor.
pub(super) fn may_write(method: &Method) -> bool {
    method == Method::GET
}
