//! The keys of other links that the visitor followed.

use crate::referral::{Referral, ReferralKey};

/// The keys that lost to the referral that counts, and what the browser knows of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunnersUp {
    /// The newest first.
    pub(crate) keys: Vec<ReferralKey>,
    /// The browser sent the cookie of the runners-up, valid or not.
    pub(crate) in_cookie: bool,
    /// This request changes what that cookie holds.
    pub(crate) is_news: bool,
}

impl RunnersUp {
    /// The most runners-up that are remembered.
    pub(crate) const MOST: usize = 3;

    /// These keys, which no cookie of the runners-up holds; `None` if there are none.
    #[cfg(feature = "companion")]
    pub(crate) fn known(keys: impl Iterator<Item = ReferralKey>) -> Option<Self> {
        let keys: Vec<_> = keys.collect();
        (!keys.is_empty()).then(|| Self {
            keys,
            ..Self::default()
        })
    }

    /// Puts the replaced referral before the other keys, for this request alone, and takes out the
    /// key that counts now.
    pub(crate) fn remember(
        this: &mut Option<Self>,
        replaced: Option<Referral>,
        counts: &ReferralKey,
    ) {
        let loses = replaced.filter(|referral| referral.key() != counts);
        if loses.is_none() && this.is_none() {
            return;
        }
        let known = this.get_or_insert_default();
        known.keys.retain(|key| key != counts);
        if let Some(loses) = loses {
            known.keys.retain(|key| key != loses.key());
            known.keys.insert(0, loses.into_key());
        }
        known.keys.truncate(Self::MOST);
    }
}
