//! The value that travels: whose link brought the visitor, and where we read it.

mod convert;
mod found;
mod key;

pub use self::found::{Referral, ReferralSource};
pub use self::key::{InvalidReferralKey, ReferralKey};
