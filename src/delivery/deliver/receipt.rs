//! How a report arrived.

use crate::delivery::registration::Registration;

/// How a report arrived; its name is what a receipt keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Receipt {
    /// A sign-up, with whether it was credited.
    Customer(Registration),
    /// A sale was recorded.
    Recorded,
    /// A sale was found at Partnero under its key, and not sent again.
    AlreadyRecorded,
    /// Partnero does not take sales of customers whom nobody referred.
    NotReferred,
    /// A sale was taken back.
    Refunded,
    /// Partnero knows no sale of that key.
    NothingToRefund,
    /// A balance was credited.
    Credited,
}

impl Receipt {
    /// A short name, for a receipt, a log field or a counter's label.
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
