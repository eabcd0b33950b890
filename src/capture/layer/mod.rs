//! The middleware: layer, service and response future.

mod future;
mod service;

use std::sync::atomic::Ordering;

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

impl Referrals {
    /// The middleware that captures referral links by this policy.
    pub fn layer(&self) -> ReferralLayer {
        ReferralLayer {
            referrals: self.clone(),
        }
    }
}

impl<S> Layer<S> for ReferralLayer {
    type Service = ReferralService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        // Noted here and not in `Referrals::layer`: a layer that was made and never added to the
        // app captures nothing.
        let layered = &self.referrals.policy.layered;
        layered.store(true, Ordering::Relaxed);
        ReferralService::new(inner, self.referrals.clone())
    }
}
