//! Signed text that travels through strangers' hands: a detour's token, a companion cookie.
//!
//! Both are a few bytes, the HMAC-SHA256 of these bytes cut to 128 bits, and base64 in the alphabet
//! that needs no encoding in a URL or a cookie.

mod keys;
mod seal;

pub use self::keys::SigningKeys;
#[cfg(feature = "detour")]
pub(crate) use self::seal::BrokenSeal;
pub(crate) use self::seal::Seal;

/// Seconds since 1970; a clock before that is taken for 1970.
pub(crate) fn seconds(time: std::time::SystemTime) -> u64 {
    time.duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
