//! The referral: whose link brought the visitor, and where its key was found.

mod found;
mod key;

pub use self::found::{Referral, ReferralSource};
pub use self::key::{InvalidReferralKey, ReferralKey};
