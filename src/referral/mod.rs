//! The referral: whose link brought the visitor, where its key was found, and for what kind of
//! program.

mod found;
mod key;
mod program;

pub use self::found::{Referral, ReferralSource};
pub use self::key::{InvalidReferralKey, ReferralKey};
pub use self::program::ProgramKind;
