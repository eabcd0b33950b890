//! The secrets that tokens and cookies are signed with.

use std::fmt;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

use crate::error::ConfigError;

/// The key that signs, and the one before it, which is still believed while it is replaced.
///
/// A clone may serve the companion and any number of detours: each signs its own kind of thing, so
/// that what was signed for one is worth nothing to another. They are never printed, not even by
/// `Debug`.
#[derive(Clone)]
pub struct SigningKeys {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

/// The strength of the signature; a shorter key would be the weakest part.
const SHORTEST: usize = 32;

impl SigningKeys {
    /// Takes the key that signs: at least 32 random bytes, the same in every process of the app.
    ///
    /// `openssl rand -hex 32` makes one. Its text is taken as it is, byte for byte: nothing is
    /// decoded, and 64 hexadecimal digits are a key of 64 bytes.
    ///
    /// ```
    /// use tower_partnero::detour::SigningKeys;
    ///
    /// fn keys() -> Result<SigningKeys, Box<dyn std::error::Error>> {
    ///     Ok(SigningKeys::new(std::env::var("SIGNING_KEY")?)?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it is shorter.
    pub fn new(current: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self {
            current: key(current.as_ref())?,
            previous: None,
        })
    }

    /// Also believes what was signed with the key before. Take it away again when the last token
    /// or cookie of its time has expired.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn previous(mut self, previous: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        self.previous = Some(key(previous.as_ref())?);
        Ok(self)
    }

    pub(super) fn current(&self) -> Hmac<Sha256> {
        self.current.clone()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Hmac<Sha256>> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
    }
}

fn key(bytes: &[u8]) -> Result<Hmac<Sha256>, ConfigError> {
    let refuse = || ConfigError::new("signing_keys", "write a key of at least 32 random bytes");
    if bytes.len() < SHORTEST {
        return Err(refuse());
    }
    Hmac::new_from_slice(bytes).map_err(|_| refuse())
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys([redacted])")
    }
}
