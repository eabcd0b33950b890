//! The one mistake that a type cannot catch: a handle whose layer was never put to use.

use std::fmt;

/// A referral was asked for, but no service was ever wrapped in the handle's layer.
///
/// Without the layer no link is ever captured, and every visitor would look unreferred. So this
/// is an error, never "not referred". In axum it is a `500 Internal Server Error`, and it is
/// logged as an error event. A [`CaptureEndpoint`](crate::capture::CaptureEndpoint) alone is no
/// layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferralLayerMissing;

impl ReferralLayerMissing {
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
        // The advice is for the developer's log; a visitor is not told how the app is made.
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
