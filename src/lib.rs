//! Refer-a-friend attribution for tower servers.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod capture;
#[cfg(feature = "client")]
pub mod client;
pub mod context;
#[cfg(feature = "client")]
pub mod delivery;
mod error;
mod referral;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "client")]
pub mod signup;

pub use self::capture::{Attribution, ReferralLayer, Referrals, SameSite};
#[cfg(feature = "client")]
pub use self::client::{ApiKey, Client, Customer, Error, ErrorKind, NewCustomer};
pub use self::context::{Outcome, ReferralContext, ReferralLayerMissing, Spent};
#[cfg(feature = "client")]
pub use self::delivery::{Delivery, Registration};
pub use self::error::ConfigError;
pub use self::referral::{InvalidReferralKey, Referral, ReferralKey, ReferralSource};
#[cfg(feature = "sandbox")]
pub use self::sandbox::Sandbox;
#[cfg(feature = "client")]
pub use self::signup::{SignupHook, SignupOutcome, Signups};
