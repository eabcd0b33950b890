//! What one place, a query or the cookies, says about the referral.

use crate::referral::{InvalidReferralKey, ReferralKey, ReferralSource};

/// The first valid key of one place, and what else stood there.
#[derive(Debug)]
pub(super) struct Reading {
    /// Which place it is.
    pub(super) source: ReferralSource,
    pub(super) key: Option<ReferralKey>,
    /// Why the first invalid value is none.
    pub(super) invalid: Option<InvalidReferralKey>,
    /// Another valid value differs from `key`.
    pub(super) conflicting: bool,
    /// More than one value stood there, valid or not.
    pub(super) several: bool,
    /// A valid key stood there whose time is over.
    pub(super) expired: bool,
}

impl Reading {
    /// Of a place where nothing was found so far.
    pub(super) const fn new(source: ReferralSource) -> Self {
        Self {
            source,
            key: None,
            invalid: None,
            conflicting: false,
            several: false,
            expired: false,
        }
    }

    pub(super) fn add(&mut self, value: Result<ReferralKey, InvalidReferralKey>) {
        self.several = self.found_any();
        match (value, &self.key) {
            (Ok(key), None) => self.key = Some(key),
            (Ok(key), Some(first)) => self.conflicting |= key != *first,
            (Err(invalid), _) => self.invalid = self.invalid.or(Some(invalid)),
        }
    }

    /// Whether anything at all stood in this place, valid or not.
    pub(super) fn found_any(&self) -> bool {
        self.key.is_some() || self.invalid.is_some() || self.expired
    }
}
