//! From the referral to the handler: what a request says, and why.

use crate::referral::{InvalidReferralKey, Referral};

#[cfg(feature = "axum")]
mod extract;
mod missing;
mod outcome;
mod spent;

pub use self::missing::ReferralLayerMissing;
pub use self::outcome::{NotStored, Outcome};
pub use self::spent::Spent;

/// Everything one request says about its referral.
///
/// With the feature `axum` this is an extractor; it takes the [`Referrals`](crate::Referrals)
/// handle from the app's state through `FromRef`. Without axum,
/// [`Referrals::context`](crate::Referrals::context) makes it from the request's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferralContext {
    /// The referral that counts for this request.
    pub referral: Option<Referral>,
    /// What became of it, and why.
    pub outcome: Outcome,
    /// Why the first value that was no key is none, even where another one was found to count.
    pub ignored: Option<InvalidReferralKey>,
    /// The link, or the cookies, held several different valid keys; the first one was used.
    pub conflicting: bool,
    /// The browser sent our cookie, valid or not: what [`Spent`] has to remove.
    pub(crate) has_cookie: bool,
}
