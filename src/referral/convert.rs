//! What a key is made of and goes into, and what it is compared with.

use super::{InvalidReferralKey, ReferralKey};

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

/// As its text.
#[cfg(any(feature = "client", feature = "webhook"))]
impl serde::Serialize for ReferralKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// From a text, which has to be a key.
#[cfg(any(feature = "client", feature = "webhook"))]
impl<'de> serde::Deserialize<'de> for ReferralKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
