//! Signs the tokens of a detour and the companion cookie, which visitors carry and could change.
//!
//! Signed text is the content and its HMAC-SHA256, cut to 128 bits, in the base64 alphabet that
//! needs no encoding in a URL or a cookie.

mod keys;
mod seal;

pub use self::keys::SigningKeys;
pub(crate) use self::seal::{BrokenSeal, Seal};

/// Whole seconds since 1970. A clock that stands before 1970 gives 0.
pub(crate) fn seconds(time: std::time::SystemTime) -> u64 {
    time.duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
