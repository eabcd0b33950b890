//! The key itself, valid by construction.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

/// The public key of a referring customer: what stands behind `?ref=`.
///
/// A `ReferralKey` is valid by construction: 1 to 255 bytes of UTF-8 without control characters.
/// It is kept and compared byte for byte, case included, because no source says that Partnero
/// does otherwise. A key of up to 24 bytes is held without an allocation.
///
/// It is public, because it stands in the links that customers share: `Debug` and `Display` print
/// it. Keys are ordered by their bytes.
///
/// # Example
///
/// ```
/// use tower_partnero::{InvalidReferralKey, ReferralKey};
///
/// let key: ReferralKey = "anna-7".parse()?;
/// assert_eq!(key.as_str(), "anna-7");
/// assert_eq!(key, "anna-7");
///
/// assert_eq!("".parse::<ReferralKey>(), Err(InvalidReferralKey::Empty));
/// assert_eq!("a\r\nb".parse::<ReferralKey>(), Err(InvalidReferralKey::ControlCharacter));
/// # Ok::<_, InvalidReferralKey>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferralKey(CompactString);

impl ReferralKey {
    /// The longest key that is accepted, in bytes.
    pub const MAX_LEN: usize = 255;

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidReferralKey> {
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidReferralKey::NotUtf8)?;
        text.parse()
    }

    /// Leaves it to the caller to refuse control characters.
    pub(crate) fn from_printable(text: &str) -> Result<Self, InvalidReferralKey> {
        if text.is_empty() {
            return Err(InvalidReferralKey::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(InvalidReferralKey::TooLong);
        }
        Ok(Self(CompactString::from(text)))
    }
}

impl fmt::Debug for ReferralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for ReferralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for ReferralKey {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for ReferralKey {
    type Err = InvalidReferralKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = Self::from_printable(text)?;
        if text.chars().any(char::is_control) {
            return Err(InvalidReferralKey::ControlCharacter);
        }
        Ok(key)
    }
}

/// Why a value is not a [`ReferralKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidReferralKey {
    /// Nothing stood behind the parameter or in the cookie.
    Empty,
    /// Longer than [`ReferralKey::MAX_LEN`] bytes. A key is never cut: a cut key is another key.
    TooLong,
    /// Not UTF-8.
    NotUtf8,
    /// A control character, such as a line end or NUL.
    ControlCharacter,
}

impl fmt::Display for InvalidReferralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the referral key is empty"),
            Self::TooLong => write!(
                f,
                "the referral key is longer than {} bytes",
                ReferralKey::MAX_LEN
            ),
            Self::NotUtf8 => f.write_str("the referral key is not UTF-8"),
            Self::ControlCharacter => f.write_str("the referral key has a control character"),
        }
    }
}

impl std::error::Error for InvalidReferralKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_in_bytes_and_inclusive() {
        assert!(ReferralKey::from_bytes(&[b'a'; 255]).is_ok());
        assert_eq!(
            ReferralKey::from_bytes(&[b'a'; 256]),
            Err(InvalidReferralKey::TooLong)
        );
        let emoji = "😀".repeat(63);
        assert_eq!(emoji.len(), 252);
        assert_eq!(emoji.parse::<ReferralKey>().unwrap().as_str(), emoji);
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand() {
        for text in ["\0", "a\tb", "a\r\nSet-Cookie: x=y", "\u{7f}", "é\u{85}"] {
            assert_eq!(
                text.parse::<ReferralKey>(),
                Err(InvalidReferralKey::ControlCharacter),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_key_is_its_text_wherever_it_is_written() {
        let key: ReferralKey = "anna-7".parse().unwrap();
        assert_eq!(key.as_ref(), "anna-7");
        assert_eq!(format!("{key} {key:?}"), "anna-7 \"anna-7\"");
    }

    #[test]
    fn every_reason_says_what_is_wrong() {
        for (reason, word) in [
            (InvalidReferralKey::Empty, "empty"),
            (InvalidReferralKey::TooLong, "255 bytes"),
            (InvalidReferralKey::NotUtf8, "UTF-8"),
            (InvalidReferralKey::ControlCharacter, "control character"),
        ] {
            assert!(reason.to_string().contains(word), "{reason:?}");
        }
    }

    #[test]
    fn keys_differ_by_case() {
        assert_ne!(ReferralKey::try_from("Anna"), ReferralKey::try_from("anna"));
    }
}
