//! What Partnero knows after a sign-up was reported: each rung of the ladder by name.

use crate::client::Customer;

/// A report that was handed over.
#[derive(Debug)]
pub(crate) struct Reported {
    pub(crate) registration: Registration,
    /// The customer as Partnero answered it; `None` if the report waits in the outbox.
    pub(crate) customer: Option<Customer>,
}

/// Whether a sign-up was credited to its referrer, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registration {
    /// Created, and credited to the referrer.
    Referred,
    /// Created without a referrer.
    Unreferred(UnreferredReason),
    /// Partnero knew the customer before; nothing was changed.
    Existing(ExistingReferrer),
    /// The report is in the outbox: what becomes of it is decided later.
    Enqueued,
}

/// Why a customer was created without a referrer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreferredReason {
    /// Nobody referred the visitor.
    NotReferred,
    /// The visitor followed the customer's own link.
    SelfReferral,
    /// Partnero refused the referrer, and says that no such customer exists.
    UnknownReferrer,
    /// The referrer was sent, and Partnero's answer names none.
    ReferrerIgnored,
}

/// Whom Partnero holds for the referrer of a customer that it knew before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExistingReferrer {
    /// The one of this sign-up, or like this sign-up nobody. Most likely an earlier try arrived
    /// whose answer was lost.
    Same,
    /// Somebody else.
    Other,
    /// Nobody, though this sign-up was referred. Whether Partnero lets a referrer be added later
    /// is not documented, so it is not tried.
    None,
    /// Partnero's answer does not say.
    Unknown,
}

impl Registration {
    /// A short name of the rung, for a log field or a counter's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Referred => "referred",
            Self::Unreferred(UnreferredReason::NotReferred) => "not_referred",
            Self::Unreferred(UnreferredReason::SelfReferral) => "self_referral",
            Self::Unreferred(UnreferredReason::UnknownReferrer) => "unknown_referrer",
            Self::Unreferred(UnreferredReason::ReferrerIgnored) => "referrer_ignored",
            Self::Enqueued => "enqueued",
            Self::Existing(ExistingReferrer::Same) => "existing_same_referrer",
            Self::Existing(ExistingReferrer::Other) => "existing_other_referrer",
            Self::Existing(ExistingReferrer::None) => "existing_no_referrer",
            Self::Existing(ExistingReferrer::Unknown) => "existing_unknown_referrer",
        }
    }
}
