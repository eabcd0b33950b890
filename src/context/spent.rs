//! The response part that takes a used referral out of the browser.

use http::Response;
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::capture::make_private;

/// Removes the referral cookie from the visitor's browser, so that one referral credits one
/// sign-up.
///
/// It works by being part of the response: return it from an axum handler, or
/// [`apply`](Self::apply) it. A request that brought no referral leaves nothing to remove, and
/// its `Spent` does nothing.
///
/// The cookie is removed with the path and the domain it was set with; without them a browser
/// would keep it (RFC 6265, section 5.3).
#[derive(Clone, Debug, Default)]
#[must_use = "the cookie is removed only if this becomes part of the response"]
pub struct Spent {
    removal: Option<HeaderValue>,
}

impl Spent {
    pub(crate) fn new(removal: Option<HeaderValue>) -> Self {
        Self { removal }
    }

    /// Adds the removal to a response.
    pub fn apply<B>(self, response: &mut Response<B>) {
        self.apply_to(response.headers_mut());
    }

    pub(crate) fn apply_to(self, headers: &mut HeaderMap) {
        if let Some(removal) = self.removal
            && headers.try_append(SET_COOKIE, removal).is_ok()
        {
            make_private(headers);
        }
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponseParts for Spent {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: axum_core::response::ResponseParts,
    ) -> Result<axum_core::response::ResponseParts, Self::Error> {
        self.apply_to(parts.headers_mut());
        Ok(parts)
    }
}
