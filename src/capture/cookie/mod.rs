//! The referral's cookie: its settings, how it is read, set and removed.

mod removal;
mod scopes;
mod settings;
mod template;

pub(crate) use self::scopes::Reach;
#[cfg(feature = "companion")]
pub(super) use self::settings::LONGEST_MAX_AGE;
pub use self::settings::{Attribution, SameSite};
pub(super) use self::settings::{CookieSettings, check_parameters, check_segment};
pub(super) use self::template::{CookieTemplate, escape};
