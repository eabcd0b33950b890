//! When the links were followed, as far as anybody has seen it.

use std::time::SystemTime;

use crate::referral::ReferralKey;

/// A referral link that was followed, as the companion cookie remembers it.
///
/// See [`capture::companion`](crate::capture::companion).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    pub(crate) key: ReferralKey,
    pub(crate) at: Option<SystemTime>,
}

impl Touch {
    /// The key of the link.
    #[must_use]
    pub fn key(&self) -> &ReferralKey {
        &self.key
    }

    /// When it was followed, in whole seconds. `None` for a referral that is stored and that the
    /// companion does not know, such as one that Partnero's script wrote; it counts from now.
    #[must_use]
    pub fn at(&self) -> Option<SystemTime> {
        self.at
    }
}

/// The first and the last touch, the link of this very request among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touches {
    pub(crate) first: Touch,
    pub(crate) last: Touch,
    /// The companion has to learn of them though the referral's own cookie stays as it is.
    pub(crate) is_news: bool,
}
