//! The keys of other links that the visitor followed.

use crate::referral::ReferralKey;

/// The keys that lost to the referral that counts, and what the browser knows of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunnersUp {
    /// The newest first.
    pub(crate) keys: Vec<ReferralKey>,
    /// The browser sent the cookie of the runners-up, valid or not.
    pub(crate) in_cookie: bool,
    /// This request changes what that cookie holds.
    pub(crate) is_news: bool,
}
