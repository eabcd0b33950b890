//! The extractor for axum: fetch the handle, ask it, nothing else.

use axum_core::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::hook::{SignupHook, Signups};
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
