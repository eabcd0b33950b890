//! A referral: the key, and the place where it was found.

use std::fmt;

use super::{InvalidReferralKey, ReferralKey};

/// Who referred the visitor, and where the key was found.
///
/// An unreferred visitor has no `Referral`, so handlers ask for `Option<Referral>`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "client", derive(serde::Serialize))]
pub struct Referral {
    key: ReferralKey,
    source: ReferralSource,
}

impl Referral {
    pub(crate) fn new(key: ReferralKey, source: ReferralSource) -> Self {
        Self { key, source }
    }

    /// Makes a referral from a code that the visitor typed, for example into a field of the sign-up
    /// form. White space and characters without a width around the code are dropped, as they are
    /// around the key of a link: they are often copied along.
    ///
    /// ```
    /// use tower_partnero::{Referral, ReferralSource};
    ///
    /// let referral = Referral::from_code("anna-7")?;
    /// assert_eq!(referral.source(), ReferralSource::Code);
    /// assert!(Referral::from_code("  ").is_err());
    /// # Ok::<_, tower_partnero::InvalidReferralKey>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidReferralKey`] if the text is no valid key, for example because the field was left
    /// empty.
    pub fn from_code(code: &str) -> Result<Self, InvalidReferralKey> {
        Ok(Self::new(code.parse()?, ReferralSource::Code))
    }

    /// The referring customer's public key, as it stood in the link.
    #[must_use]
    pub fn key(&self) -> &ReferralKey {
        &self.key
    }

    /// As [`key`](Self::key), without a copy.
    #[must_use]
    pub fn into_key(self) -> ReferralKey {
        self.key
    }

    /// Where the key was found.
    #[must_use]
    pub fn source(&self) -> ReferralSource {
        self.source
    }
}

/// Where a [`Referral`]'s key was found.
///
/// `Display` writes the same as [`as_str`](Self::as_str), and so does serde.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferralSource {
    /// In the query of this very request: the visitor has just followed a referral link.
    Query,
    /// In a field of a form: the visitor typed it.
    Code,
    /// In a signed token that the app made for this visitor.
    Token,
    /// In the path of this very request, `/ref/KEY`.
    Path,
    /// In the cookie: the visitor followed a link earlier.
    Cookie,
    /// In the address of the page before (the `Referer` header): the response with that page could
    /// not store the key.
    Referer,
}

impl ReferralSource {
    /// A short name of the place, for a log field or a counter's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Code => "code",
            Self::Token => "token",
            Self::Path => "path",
            Self::Cookie => "cookie",
            Self::Referer => "referer",
        }
    }
}

#[cfg(feature = "client")]
impl serde::Serialize for ReferralSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for ReferralSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_typed_code_are_dropped() {
        for code in [
            "anna 7",
            " anna 7\t\r\n",
            "\u{a0}anna 7\u{3000}",
            "\u{feff}anna 7\u{200b}",
            "\u{200b} \u{feff}anna 7",
        ] {
            let referral = Referral::from_code(code).unwrap();
            assert_eq!(referral.key().as_str(), "anna 7", "{code:?}");
        }
        for code in ["", " \u{200b}\n"] {
            let error = Referral::from_code(code).unwrap_err();
            assert_eq!(error, InvalidReferralKey::Empty, "{code:?}");
        }
    }
}
