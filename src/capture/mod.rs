//! From the request to the referral: the policy, the layer, and what reads and writes.

mod builder;
mod cache;
mod cookie;
mod decide;
mod decode;
mod future;
mod layer;
mod navigation;
mod parameter;
mod query;
mod reading;
mod referrals;
mod service;
mod settings;

pub use self::builder::ReferralsBuilder;
pub(crate) use self::cache::make_private;
pub use self::future::ResponseFuture;
pub use self::layer::ReferralLayer;
pub use self::referrals::Referrals;
pub use self::service::ReferralService;
pub use self::settings::{Attribution, SameSite};
