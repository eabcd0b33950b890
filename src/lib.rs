//! Refer-a-friend attribution for tower servers.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod capture;
pub mod context;
mod error;
mod referral;

pub use self::capture::{Attribution, ReferralLayer, Referrals, SameSite};
pub use self::context::{Outcome, ReferralContext, ReferralLayerMissing, Spent};
pub use self::error::ConfigError;
pub use self::referral::{InvalidReferralKey, Referral, ReferralKey, ReferralSource};
