//! What the app says of its keys.

use std::fmt;
use std::sync::Arc;

use crate::referral::{InvalidReferralKey, ReferralKey};

/// The app's rule for its keys; without a rule every valid key may be one.
#[derive(Clone, Default)]
pub(crate) struct KeyRule(Option<Arc<AcceptsKey>>);

type AcceptsKey = dyn Fn(&ReferralKey) -> bool + Send + Sync;

impl KeyRule {
    pub(crate) fn new(accepts: impl Fn(&ReferralKey) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(accepts)))
    }

    /// # Errors
    ///
    /// [`InvalidReferralKey::NotAccepted`] if the app refuses the key.
    #[inline]
    pub(crate) fn check(&self, key: ReferralKey) -> Result<ReferralKey, InvalidReferralKey> {
        match &self.0 {
            Some(accepts) if !accepts(&key) => Err(InvalidReferralKey::NotAccepted),
            _ => Ok(key),
        }
    }
}

impl fmt::Debug for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRule").field(&self.0.is_some()).finish()
    }
}
