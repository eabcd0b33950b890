//! What a token that brings nothing is called.

use std::fmt;

use crate::signing::BrokenSeal;

/// Why a token brings no referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidToken {
    /// Nothing came back: most likely the visitor had no referral on the way out.
    Empty,
    /// It is no token at all.
    Malformed,
    /// Its signature is not ours, or was made for another purpose, another context or another
    /// key.
    Forged,
    /// It was good once.
    Expired,
}

impl From<BrokenSeal> for InvalidToken {
    fn from(broken: BrokenSeal) -> Self {
        match broken {
            BrokenSeal::Malformed => Self::Malformed,
            BrokenSeal::Forged => Self::Forged,
        }
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the referral token is empty",
            Self::Malformed => "the referral token is malformed",
            Self::Forged => "the referral token was not made for this place",
            Self::Expired => "the referral token has expired",
        })
    }
}

impl std::error::Error for InvalidToken {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_says_what_is_wrong() {
        for (reason, word) in [
            (InvalidToken::Empty, "empty"),
            (InvalidToken::Malformed, "malformed"),
            (InvalidToken::Forged, "not made for this place"),
            (InvalidToken::Expired, "expired"),
        ] {
            assert!(reason.to_string().contains(word), "{reason:?}");
        }
    }
}
