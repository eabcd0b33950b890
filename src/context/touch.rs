//! Which links were followed, and when.

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

    /// When the visitor followed the link, in whole seconds. `None` if the companion does not know
    /// the stored referral, for example because Partnero's script wrote it. Such a referral counts
    /// from now.
    #[must_use]
    pub fn at(&self) -> Option<SystemTime> {
        self.at
    }
}

/// The first and the last touch, and those in between that are remembered. The link of this very
/// request is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touches {
    pub(crate) first: Touch,
    pub(crate) last: Touch,
    /// The touches of other keys before the last one, the newest first. The first touch is not among
    /// them.
    pub(crate) between: Vec<Touch>,
    /// The companion cookie must be written, although the referral's own cookie stays as it is.
    pub(crate) is_news: bool,
}

impl Touches {
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Touch> {
        [&self.last]
            .into_iter()
            .chain(&self.between)
            .chain([&self.first])
    }
}
