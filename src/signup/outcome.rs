//! The outcome of a sign-up, which is also a part of the response.

use http::{HeaderMap, Response};

use super::error::SignupError;
use crate::client::{Customer, CustomerRef, PartnerRef};
use crate::context::ReferralContext;
use crate::delivery::{LeftOut, Registration, Reported};
use crate::response::Spent;

/// What became of the report of a sign-up.
///
/// It is a response part: return it from an axum handler, or [`apply`](Self::apply) it. If the report
/// arrived at Partnero, or is in the outbox, it removes the referral cookie. If not, the cookie stays,
/// and the visitor's next try is credited.
///
/// It is not a `Result`, because a sign-up should not fail when its report does. For a `Result`,
/// use [`result`](Self::result) or [`into_result`](Self::into_result).
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

    /// What the request says about its referral, and why.
    #[must_use]
    pub fn context(&self) -> &ReferralContext {
        &self.context
    }

    /// Whether the referral was credited, and if not, why. `None` if the report failed.
    #[must_use]
    pub fn registration(&self) -> Option<Registration> {
        self.result().ok()
    }

    /// The referrer whom Partnero has credited: the referral that counts, or another link of the visitor
    /// ([`CreditedKey`](crate::delivery::CreditedKey) says which). `None` if nobody was credited, or if
    /// the report waits in the outbox.
    #[must_use]
    pub fn credited(&self) -> Option<&CustomerRef> {
        self.result.as_ref().ok()?.credited.as_ref()?.as_customer()
    }

    /// The partner whom an affiliate program has credited; otherwise as [`credited`](Self::credited).
    #[must_use]
    pub fn credited_partner(&self) -> Option<&PartnerRef> {
        self.result.as_ref().ok()?.credited.as_ref()?.as_partner()
    }

    /// The optional fields that Partnero refused, and without which the customer was created.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let reported = self.result.as_ref();
        reported.map_or_else(|_| LeftOut::default(), |reported| reported.left_out)
    }

    /// A short name of the registration or of the error's kind, for a log field or the label of a
    /// counter.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self.result() {
            Ok(registration) => registration.as_str(),
            Err(error) => error.kind().as_str(),
        }
    }

    /// The customer in Partnero's answer, with the link to share. `None` if the report failed, or
    /// waits in the outbox.
    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        self.result.as_ref().ok()?.customer.as_ref()
    }

    /// Why the report failed.
    #[must_use]
    pub fn error(&self) -> Option<&SignupError> {
        self.result.as_ref().err()
    }

    /// The [registration](Self::registration) or the [error](Self::error).
    ///
    /// # Errors
    ///
    /// The report failed.
    pub fn result(&self) -> Result<Registration, &SignupError> {
        self.result.as_ref().map(|reported| reported.registration)
    }

    /// The response part that removes the cookie, or the error, for handlers that end with `?`.
    ///
    /// # Errors
    ///
    /// The report failed. The cookie then stays.
    pub fn into_result(self) -> Result<Spent, SignupError> {
        self.result.map(|_| self.spent)
    }

    /// The headers that remove the cookie, for a server function that sees no response; none if the
    /// report failed. [`Spent::into_headers`] says how to add them.
    #[must_use]
    pub fn into_headers(self) -> HeaderMap {
        self.into_result()
            .map(Spent::into_headers)
            .unwrap_or_default()
    }

    /// Removes the cookie with this response, unless the report failed.
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
            // The report has not arrived, so the cookie stays and the visitor's next try is
            // credited.
            Err(_) => Ok(parts),
        }
    }
}
