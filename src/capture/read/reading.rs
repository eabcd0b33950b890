//! What one place, a query or the cookies, says about the referral.

use crate::referral::{InvalidReferralKey, ReferralKey, ReferralSource};

/// The first valid key of one place, and what else stood there.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Which place it is.
    pub(crate) source: ReferralSource,
    pub(crate) key: Option<ReferralKey>,
    /// Why the first invalid value is none.
    pub(crate) invalid: Option<InvalidReferralKey>,
    /// Another valid value differs from `key`.
    pub(crate) conflicting: bool,
    /// More than one value stood there, valid or not.
    pub(crate) several: bool,
    /// A valid key stood there whose time is over.
    pub(crate) expired: bool,
}

impl Reading {
    /// Of a place where nothing was found so far.
    pub(crate) const fn new(source: ReferralSource) -> Self {
        Self {
            source,
            key: None,
            invalid: None,
            conflicting: false,
            several: false,
            expired: false,
        }
    }

    pub(crate) fn add(&mut self, value: Result<ReferralKey, InvalidReferralKey>) {
        self.several = self.found_any();
        match (value, &self.key) {
            (Ok(key), None) => self.key = Some(key),
            (Ok(key), Some(first)) => self.conflicting |= key != *first,
            (Err(invalid), _) => self.invalid = self.invalid.or(Some(invalid)),
        }
    }

    /// Whether anything at all stood in this place, valid or not.
    pub(crate) fn found_any(&self) -> bool {
        self.key.is_some() || self.invalid.is_some() || self.expired
    }
}
