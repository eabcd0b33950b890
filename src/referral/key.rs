//! The public key of a referring customer.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

/// The public key of a referring customer, as a link carries it behind `?ref=`.
///
/// A `ReferralKey` is always valid: 1 to 255 bytes of UTF-8 without control characters, and
/// without white space or characters without a width around them: reading a text drops these. Keys
/// are stored and compared byte for byte, so `Anna` and `anna` differ: no documentation of
/// Partnero's says otherwise. A key of up to 24 bytes needs no allocation.
///
/// The key is public, because customers share links with it. So `Debug` and `Display` print it.
/// Keys are ordered by their bytes.
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
        match std::str::from_utf8(bytes) {
            Ok(text) => text.parse(),
            Err(_) if bytes.len() > Self::MAX_LEN => Err(InvalidReferralKey::TooLong),
            Err(_) => Err(InvalidReferralKey::NotUtf8),
        }
    }

    /// Does not look for control characters: the caller has made sure that there are none.
    #[inline]
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

/// Drops what people and programs copy along with a key and nobody sees: white space (with the
/// no-break space U+00A0), and characters without a width, such as U+200B and U+FEFF.
fn trim_blanks(text: &str) -> &str {
    text.trim_matches(|char: char| {
        char.is_whitespace()
            || matches!(
                char,
                '\u{ad}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{2069}'
                    | '\u{feff}'
            )
    })
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

    /// Drops the blanks around the key.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = trim_blanks(text);
        let key = Self::from_printable(text)?;
        if text.chars().any(char::is_control) {
            return Err(InvalidReferralKey::ControlCharacter);
        }
        Ok(key)
    }
}

impl TryFrom<&str> for ReferralKey {
    type Error = InvalidReferralKey;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for ReferralKey {
    type Error = InvalidReferralKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ReferralKey> for String {
    fn from(key: ReferralKey) -> Self {
        key.as_str().to_owned()
    }
}

impl PartialEq<str> for ReferralKey {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ReferralKey {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Serializes the key as a string.
#[cfg(any(feature = "client", feature = "webhook"))]
impl serde::Serialize for ReferralKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Reads the key from a string. A string that is no valid key is an error.
#[cfg(any(feature = "client", feature = "webhook"))]
impl<'de> serde::Deserialize<'de> for ReferralKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text).map_err(serde::de::Error::custom)
    }
}

/// Why a value is not a [`ReferralKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidReferralKey {
    /// The parameter or the cookie has no value.
    Empty,
    /// Longer than [`ReferralKey::MAX_LEN`] bytes. We never shorten a key, because the shorter key
    /// could belong to another customer.
    TooLong,
    /// Not UTF-8.
    NotUtf8,
    /// A control character, such as a line end or NUL.
    ControlCharacter,
    /// The app's own rule refuses it; see
    /// [`accept_keys`](crate::capture::ReferralsBuilder::accept_keys).
    NotAccepted,
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
            Self::NotAccepted => f.write_str("the app accepts no such referral key"),
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
        for text in ["\0", "a\tb", "a\r\nSet-Cookie: x=y", "\u{7f}", "é\u{85}b"] {
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

    #[test]
    fn a_key_is_compared_with_text_and_ordered_by_bytes() {
        let key = |text: &str| text.parse::<ReferralKey>().unwrap();
        assert!(key("anna") == "anna" && &key("anna") == "anna" && key("anna") != "Anna");
        let mut keys = [key("b"), key("\u{e9}"), key("a"), key("B")];
        keys.sort();
        assert_eq!(keys, ["B", "a", "b", "\u{e9}"]);
        assert_eq!(String::from(key("anna")), "anna");
        assert!(ReferralKey::try_from("a\tb".to_owned()).is_err());
    }

    #[cfg(any(feature = "client", feature = "webhook"))]
    #[test]
    fn what_is_no_key_is_not_read() {
        let read = serde_json::from_str::<ReferralKey>;
        assert_eq!(read("\"anna-7\"").unwrap(), "anna-7");
        assert_eq!(
            serde_json::to_string(&read("\"a\"").unwrap()).unwrap(),
            "\"a\""
        );
        let long = format!("\"{}\"", "k".repeat(256));
        for text in ["\"\"", "\"a\\nb\"", "7", "null", &long] {
            assert!(read(text).is_err(), "{text}");
        }
        let problem = read("\"\"").unwrap_err().to_string();
        assert!(problem.contains("the referral key is empty"), "{problem}");
    }
}
