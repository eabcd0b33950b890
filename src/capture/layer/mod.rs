//! The middleware: layer, service and response future.

mod future;
mod service;

use tower_layer::Layer;

use super::referrals::Referrals;

pub use self::future::ResponseFuture;
pub use self::service::ReferralService;

/// Layer that captures referral links; made by [`Referrals::layer`].
///
/// See [`Referrals`] for an example.
#[derive(Clone, Debug)]
#[must_use]
pub struct ReferralLayer {
    referrals: Referrals,
}

impl ReferralLayer {
    pub(crate) fn new(referrals: Referrals) -> Self {
        Self { referrals }
    }
}

impl<S> Layer<S> for ReferralLayer {
    type Service = ReferralService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        self.referrals.mark_layered();
        ReferralService::new(inner, self.referrals.clone())
    }
}
