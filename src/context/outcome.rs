//! Why a request is, or is not, a referred one.

use crate::referral::InvalidReferralKey;

/// What became of the referral in one request, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Neither the link nor the cookie says anything: an unreferred visitor.
    NotReferred,
    /// The link's key is new here; the layer stores it in the cookie of this response.
    Captured,
    /// The link's key is the stored one already; nothing is written.
    Unchanged,
    /// The link has no valid key; the stored one counts.
    Remembered,
    /// The link has another key than the stored one, which stands because the policy is
    /// [`Attribution::FirstTouch`](crate::Attribution::FirstTouch).
    FirstTouchKept,
    /// The link's key counts for this request and is not stored, because only a `GET` writes
    /// the cookie.
    NotStored,
    /// Something stood in the link or the cookie, and no valid key among it: an unreferred
    /// visitor.
    Ignored(InvalidReferralKey),
}

impl Outcome {
    /// A short name of the outcome, for a log field or a counter's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReferred => "not_referred",
            Self::Captured => "captured",
            Self::Unchanged => "unchanged",
            Self::Remembered => "remembered",
            Self::FirstTouchKept => "first_touch_kept",
            Self::NotStored => "not_stored",
            Self::Ignored(_) => "ignored",
        }
    }
}
