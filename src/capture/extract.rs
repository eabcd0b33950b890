//! The extractors for axum.

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::referrals::Referrals;
use crate::context::{ReferralContext, ReferralLayerMissing};
use crate::referral::Referral;

impl<S> FromRequestParts<S> for ReferralContext
where
    S: Send + Sync,
    Referrals: FromRef<S>,
{
    type Rejection = ReferralLayerMissing;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Referrals::from_ref(state).context(parts)
    }
}

/// Only `Option<Referral>` is an extractor. A plain `Referral` would make a page refuse unreferred
/// visitors by accident.
impl<S> OptionalFromRequestParts<S> for Referral
where
    S: Send + Sync,
    Referrals: FromRef<S>,
{
    type Rejection = ReferralLayerMissing;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        Referrals::from_ref(state).referral(parts)
    }
}
