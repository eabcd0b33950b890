//! From the request to the referral: the policy, the layer, and everything that reads links and
//! writes cookies.

mod allow;
mod builder;
#[cfg(feature = "companion")]
pub mod companion;
pub mod consent;
mod cookie;
mod decide;
mod endpoint;
#[cfg(feature = "axum")]
mod extract;
mod head;
#[cfg(feature = "tracing")]
mod hints;
mod layer;
mod mark;
mod policy;
mod read;
mod redirect;
mod referrals;
mod runners_up;
mod write;

pub use self::builder::ReferralsBuilder;
pub use self::cookie::{Attribution, SameSite};
pub use self::endpoint::CaptureEndpoint;
pub use self::head::RequestHead;
pub use self::layer::{ReferralLayer, ReferralService, ResponseFuture};
pub use self::redirect::PathLinkRedirect;
pub use self::referrals::Referrals;
