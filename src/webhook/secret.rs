//! The secret that a subscription's events are signed with.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::ConfigError;

/// The `signature` of a webhook subscription: the key that its events are signed with
/// (<https://docs.partnero.com/api-reference/webhooks/overview>).
///
/// Partnero shows it in every answer about the subscription. Whoever knows it can forge events, so it
/// is never printed, not even by `Debug`. [`expose`](Self::expose) returns it, to store it.
#[derive(Clone)]
pub struct WebhookSecret {
    text: String,
    /// Keyed once here, and not again for each request.
    mac: Hmac<Sha256>,
}

impl WebhookSecret {
    /// Takes the secret as Partnero shows it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it is empty, or begins or ends with white space, such as the line end of
    /// the file it was read from.
    pub fn new(secret: impl Into<String>) -> Result<Self, ConfigError> {
        let text = secret.into();
        let refuse = |advice: &'static str| Err(ConfigError::new("secret", advice));
        if text.is_empty() {
            return refuse("the secret is empty: copy the `signature` of the subscription");
        }
        // Typical of a secret that was copied, and otherwise seen only as a mismatch of every
        // signature.
        if text.trim().len() != text.len() {
            return refuse("the secret begins or ends with white space: trim it");
        }
        // HMAC takes keys of any length, so this does not happen.
        let Ok(mac) = Hmac::new_from_slice(text.as_bytes()) else {
            return refuse("the secret makes no key: copy it again");
        };
        Ok(Self { text, mac })
    }

    /// The secret itself, for the place where the app keeps it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The keyed hash of a body.
    pub(super) fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        self.mac.clone().chain_update(body)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        let secret = WebhookSecret::new("s3cret").unwrap();
        assert_eq!(format!("{secret:?}"), "WebhookSecret([redacted])");
        assert_eq!(secret.expose(), "s3cret");
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_without_showing_it() {
        for text in ["", " ", "s3cret\n", " s3cret"] {
            let error = WebhookSecret::new(text).unwrap_err();
            assert_eq!(error.setting(), "secret");
            assert!(!error.to_string().contains("s3cret"));
        }
    }
}
