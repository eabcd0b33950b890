//! What the app says of its keys.

use std::fmt;
use std::sync::Arc;

use crate::referral::ReferralKey;

/// The app's rule for its keys; without a rule every valid key may be one.
#[derive(Clone, Default)]
pub(crate) struct KeyRule(Option<Arc<AcceptsKey>>);

type AcceptsKey = dyn Fn(&ReferralKey) -> bool + Send + Sync;

impl KeyRule {
    pub(crate) fn new(accepts: impl Fn(&ReferralKey) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(accepts)))
    }

    #[inline]
    pub(crate) fn refuses(&self, key: &ReferralKey) -> bool {
        self.0.as_ref().is_some_and(|accepts| !accepts(key))
    }
}

impl fmt::Debug for KeyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRule").field(&self.0.is_some()).finish()
    }
}
