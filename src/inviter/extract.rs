//! The extractor for axum.

use axum_core::extract::{FromRef, OptionalFromRequestParts};
use http::request::Parts;

use super::{Inviter, Inviters};
use crate::capture::Referrals;
use crate::context::ReferralLayerMissing;

/// Only `Option<Inviter>` is an extractor. A plain `Inviter` would make a page refuse visitors whom
/// nobody referred.
impl<S> OptionalFromRequestParts<S> for Inviter
where
    S: Send + Sync,
    Referrals: FromRef<S>,
    Inviters: FromRef<S>,
{
    type Rejection = ReferralLayerMissing;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        let referrals = Referrals::from_ref(state);
        Inviters::from_ref(state)
            .of_visitor(&referrals, parts)
            .await
    }
}
