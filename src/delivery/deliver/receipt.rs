//! What a receipt says.

use crate::delivery::registration::Registration;

/// How a report arrived. The outbox keeps its [name](Self::as_str) in the row of a delivered report,
/// in the column `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Receipt {
    /// A sign-up was registered, in this way.
    Customer(Registration),
    /// A sale was sent, and Partnero has recorded it.
    Recorded,
    /// Partnero already had a sale of this key, so it was not sent again.
    AlreadyRecorded,
    /// Partnero refused the sale, and nobody referred the customer: Partnero may not take such sales.
    NotReferred,
    /// A sale was deleted at Partnero.
    Refunded,
    /// Partnero has no sale of this key.
    NothingToRefund,
    /// A customer's balance was credited.
    Credited,
}

impl Receipt {
    /// A short name, for the column `outcome`, a log field or the label of a counter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer(registration) => registration.as_str(),
            Self::Recorded => "recorded",
            Self::AlreadyRecorded => "already_recorded",
            Self::NotReferred => "not_referred",
            Self::Refunded => "refunded",
            Self::NothingToRefund => "nothing_to_refund",
            Self::Credited => "credited",
        }
    }
}
