//! What came of a sign-up, as a value and as a part of the response.

use http::Response;

use super::error::SignupError;
use crate::client::Customer;
use crate::context::ReferralContext;
use crate::delivery::{Registration, Reported};
use crate::response::Spent;

/// What came of reporting a sign-up.
///
/// It is a response part: return it from an axum handler, or [`apply`](Self::apply) it. Where the
/// report arrived, or is in the outbox, it removes the referral cookie; where it did not, it
/// leaves the cookie, and the visitor's next try is credited.
///
/// It is not a `Result`, because a sign-up must not fail over a reward. If you want one, use
/// [`result`](Self::result).
#[derive(Debug)]
#[must_use = "the referral cookie is removed only if this becomes part of the response"]
pub struct SignupOutcome {
    result: Result<Reported, SignupError>,
    spent: Spent,
    context: ReferralContext,
}

impl SignupOutcome {
    pub(super) fn new(
        result: Result<Reported, SignupError>,
        spent: Spent,
        context: ReferralContext,
    ) -> Self {
        Self {
            result,
            spent,
            context,
        }
    }

    /// What the request said about its referral, and why.
    #[must_use]
    pub fn context(&self) -> &ReferralContext {
        &self.context
    }

    /// Whether the referral was credited and if not, why; `None` if the report did not arrive.
    #[must_use]
    pub fn registration(&self) -> Option<Registration> {
        self.result().ok()
    }

    /// The customer as Partnero answered it, with the link to share; `None` if the report did not
    /// arrive, or waits in the outbox.
    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        self.result.as_ref().ok()?.customer.as_ref()
    }

    /// Why the report did not arrive.
    #[must_use]
    pub fn error(&self) -> Option<&SignupError> {
        self.result.as_ref().err()
    }

    /// The same as a `Result`, to look at before the outcome goes into the response.
    ///
    /// # Errors
    ///
    /// Why the report did not arrive.
    pub fn result(&self) -> Result<Registration, &SignupError> {
        self.result.as_ref().map(|reported| reported.registration)
    }

    /// The response part that removes the cookie, or the error, for handlers that end with `?`.
    ///
    /// # Errors
    ///
    /// Why the report did not arrive. The cookie stays.
    pub fn into_result(self) -> Result<Spent, SignupError> {
        self.result.map(|_| self.spent)
    }

    /// Adds the removal of the cookie to a response, if the report arrived.
    pub fn apply<B>(self, response: &mut Response<B>) {
        if let Ok(spent) = self.into_result() {
            spent.apply(response);
        }
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponseParts for SignupOutcome {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        parts: axum_core::response::ResponseParts,
    ) -> Result<axum_core::response::ResponseParts, Self::Error> {
        match self.into_result() {
            Ok(spent) => spent.into_response_parts(parts),
            Err(_) => Ok(parts),
        }
    }
}
