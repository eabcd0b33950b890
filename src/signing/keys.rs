//! The secret keys that sign tokens and cookies.

use std::fmt;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

use crate::error::ConfigError;

/// The secret key that signs, and while it is replaced also the key before it.
///
/// The companion cookie and all detours may share clones of it. The signature covers what is signed
/// and for which purpose, so none of them accepts what another one has signed. `Debug` shows no
/// key.
#[derive(Clone)]
pub struct SigningKeys {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

/// In bytes: as long as the hash, so that the key is not easier to guess (RFC 2104, section 3).
const SHORTEST: usize = 32;

impl SigningKeys {
    /// Takes the key that signs: at least 32 random bytes, the same in every process of the app.
    ///
    /// `openssl rand -hex 32` makes one. The text is used byte for byte and never decoded, so
    /// 64 hexadecimal digits are a key of 64 bytes.
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
    /// [`ConfigError`] for fewer than 32 bytes.
    pub fn new(current: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self {
            current: key(current.as_ref())?,
            previous: None,
        })
    }

    /// Also accepts what the key before has signed. Nothing new is signed with it. Remove it when
    /// the last token and the last cookie that it signed have expired.
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
