//! The extractor for axum.

use axum_core::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::hook::{SignupHook, Signups};
use crate::capture::Referrals;
use crate::context::ReferralLayerMissing;

impl<S> FromRequestParts<S> for SignupHook
where
    S: Send + Sync,
    Signups: FromRef<S>,
{
    type Rejection = ReferralLayerMissing;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Signups::from_ref(state).hook(parts)
    }
}

/// So that [`Signups`] alone may be the state of a router: its handlers can then ask for
/// `Option<`[`Referral`](crate::Referral)`>` as well.
impl FromRef<Signups> for Referrals {
    fn from_ref(signups: &Signups) -> Self {
        signups.referrals().clone()
    }
}
