//! The error for a handle whose layer was never added to the app. No type can catch this mistake.

use std::fmt;

/// A handler asked for the referral, but no service was ever wrapped in the layer of this handle.
///
/// Without the layer no link is captured, and every visitor looks unreferred. So this is an error,
/// not an answer "not referred". In axum it becomes a `500 Internal Server Error`, and it is logged
/// as an error event. A [`CaptureEndpoint`](crate::capture::CaptureEndpoint) does not replace the
/// layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferralLayerMissing;

impl ReferralLayerMissing {
    #[cold]
    pub(crate) fn logged() -> Self {
        #[cfg(feature = "tracing")]
        tracing::error!("{Self}");
        Self
    }
}

impl fmt::Display for ReferralLayerMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no service uses the layer of this `Referrals` handle, so no referral link is captured: \
             add `.layer(referrals.layer())` to the app, from the same handle that its state holds",
        )
    }
}

impl std::error::Error for ReferralLayerMissing {}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for ReferralLayerMissing {
    fn into_response(self) -> axum_core::response::Response {
        // The advice is in the log only: a visitor must not learn how the app is built.
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
