//! The referral's cookie: its settings, and how it is read, set and removed.

mod host;
mod name;
mod removal;
mod scopes;
mod settings;
mod template;

#[cfg(feature = "tracing")]
pub(super) use self::host::host_of;
pub(super) use self::name::CookieName;
pub(super) use self::removal::MOST_BYTES;
pub(super) use self::scopes::reach_of;
pub(super) use self::settings::CookieSettings;
#[cfg(feature = "companion")]
pub(super) use self::settings::LONGEST_MAX_AGE;
pub use self::settings::{Attribution, SameSite};
pub(super) use self::template::{CookieTemplate, append_escaped, escape};
