//! What one place, such as the query or the cookies, says about the referral, and which of its keys
//! the app takes.

use std::fmt;
use std::sync::Arc;

use crate::referral::{InvalidReferralKey, ReferralKey, ReferralSource};

/// The first valid key of one place, and what is known about the other values.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The place.
    pub(crate) source: ReferralSource,
    pub(crate) key: Option<ReferralKey>,
    /// Why the first invalid value is no key.
    pub(crate) invalid: Option<InvalidReferralKey>,
    /// Another valid value differs from `key`.
    pub(crate) conflicting: bool,
    /// How many values there were, valid or not.
    pub(crate) found: u32,
    /// There was a valid key that is too old.
    pub(crate) expired: bool,
}

impl Reading {
    /// A place where nothing was found yet.
    pub(crate) const fn new(source: ReferralSource) -> Self {
        Self {
            source,
            key: None,
            invalid: None,
            conflicting: false,
            found: 0,
            expired: false,
        }
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the key would be moved once more, for twenty instructions"
    )]
    pub(crate) fn add(&mut self, value: Result<ReferralKey, InvalidReferralKey>, rule: &KeyRule) {
        self.found += 1;
        match value {
            Ok(key) if rule.refuses(&key) => {
                let refused = InvalidReferralKey::NotAccepted;
                self.invalid = self.invalid.or(Some(refused));
            }
            Ok(key) => match &self.key {
                None => self.key = Some(key),
                Some(first) => self.conflicting |= key != *first,
            },
            Err(invalid) => self.invalid = self.invalid.or(Some(invalid)),
        }
    }
}

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
