//! What a receipt says.

use std::fmt;

use crate::delivery::registration::{LeftOut, Registration};

/// How a report arrived. The outbox keeps it, as `Display` writes it, in the row of a delivered
/// report, in the column `outcome`: the [name](Self::as_str), and behind `_without_` the fields of a
/// customer that Partnero refused (`referred_without_email`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Receipt {
    /// A sign-up was registered.
    Customer {
        /// In which way.
        registration: Registration,
        /// Without which optional fields.
        left_out: LeftOut,
    },
    /// A sale was sent, and Partnero has recorded it.
    Recorded,
    /// Partnero already had a sale of this key, so it was not sent again.
    AlreadyRecorded,
    /// Partnero refused the sale, and nobody referred the customer: Partnero may not take such sales.
    /// In an affiliate program, also a sale to a customer whom Partnero does not have. The worker of an
    /// outbox does not even send it if the receipt of the sign-up says that the customer was not created,
    /// because no partner brought the customer.
    NotReferred,
    /// A sale was deleted at Partnero.
    Refunded,
    /// Partnero has no sale of this key.
    NothingToRefund,
    /// A customer's balance was credited.
    Credited,
    /// A customer was deleted at Partnero.
    Deleted,
    /// Partnero has no customer of this identifier.
    NothingToDelete,
}

impl Receipt {
    /// A short name, for a log field or the label of a counter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer { registration, .. } => registration.as_str(),
            Self::Recorded => "recorded",
            Self::AlreadyRecorded => "already_recorded",
            Self::NotReferred => "not_referred",
            Self::Refunded => "refunded",
            Self::NothingToRefund => "nothing_to_refund",
            Self::Credited => "credited",
            Self::Deleted => "deleted",
            Self::NothingToDelete => "nothing_to_delete",
        }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Customer { left_out, .. } if !left_out.is_empty() => {
                write!(f, "_without_{left_out}")
            }
            _ => Ok(()),
        }
    }
}
