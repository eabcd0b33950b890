//! From the request to the referral: the policy, the layer, and what reads and writes.

mod build;
mod builder;
mod cache;
#[cfg(feature = "companion")]
pub mod companion;
pub mod consent;
mod cookie;
mod decide;
mod decode;
mod endpoint;
mod future;
mod layer;
mod lines;
mod navigation;
mod origin;
mod parameter;
mod path;
mod policy;
mod promise;
mod query;
mod reading;
mod redirect;
mod referer;
mod referrals;
mod removal;
mod scopes;
mod service;
mod settings;
mod write;

pub use self::builder::ReferralsBuilder;
pub use self::endpoint::CaptureEndpoint;
pub use self::future::ResponseFuture;
pub use self::layer::ReferralLayer;
pub(crate) use self::lines::CookieLines;
pub use self::redirect::PathLinkRedirect;
pub use self::referrals::Referrals;
pub(crate) use self::scopes::Reach;
pub use self::service::ReferralService;
pub use self::settings::{Attribution, SameSite};
