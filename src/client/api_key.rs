//! The API key, which is a secret.

use std::fmt;

use http::header::HeaderValue;

use crate::error::ConfigError;

/// An API key of Partnero. It belongs to exactly one program.
///
/// It is made in Partnero's dashboard, under *Program > Integration > API*
/// (<https://docs.partnero.com/api-reference/introduction>). Keep it on the server: with it,
/// anyone can credit balances. It is never printed, not even by `Debug`.
#[derive(Clone)]
pub struct ApiKey {
    header: HeaderValue,
}

const SCHEME: &str = "Bearer ";

impl ApiKey {
    /// Takes the key as the dashboard shows it, without the word `Bearer`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the key is empty, or has anything but visible ASCII in it, such as the
    /// line end of the file it was read from.
    pub fn new(key: impl AsRef<str>) -> Result<Self, ConfigError> {
        let key = key.as_ref();
        let refuse = |advice: &'static str| Err(ConfigError::new("api_key", advice));
        if key.is_empty() {
            return refuse("the key is empty: copy it from the program's API page at Partnero");
        }
        if key.starts_with(SCHEME) {
            return refuse("write the bare key, without `Bearer `");
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse(
                "the key has a space, a line end or another unexpected character: trim it",
            );
        }
        let mut header = HeaderValue::try_from(format!("{SCHEME}{key}"))
            .map_err(|_| ConfigError::new("api_key", "the key fits in no header: copy it again"))?;
        // HTTP libraries then leave the value out of their logs and, in HTTP/2, out of compression
        // tables (RFC 7541, section 7.1.3).
        header.set_sensitive(true);
        Ok(Self { header })
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// Removes the key from a text that came from outside, before anybody can print the text.
    pub(super) fn redact(&self, text: &str) -> String {
        let secret = self.header.to_str().unwrap_or_default();
        text.replace(&secret[SCHEME.len()..], "[redacted]")
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        let key = ApiKey::new("s3cret").unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey([redacted])");
        assert!(!format!("{:?}", key.header()).contains("s3cret"));
        assert_eq!(key.redact("token s3cret is bad"), "token [redacted] is bad");
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        for key in ["", "abc\n", "a b", "Bearer abc", "schlüssel"] {
            assert_eq!(
                ApiKey::new(key).unwrap_err().setting(),
                "api_key",
                "{key:?}"
            );
        }
    }
}
