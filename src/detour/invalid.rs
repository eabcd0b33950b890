//! The reasons for which a token is refused.

use std::fmt;

use crate::signing::BrokenSeal;

/// Why [`Detour::open`](super::Detour::open) found no referral in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidToken {
    /// The token is empty. Most likely nobody referred the visitor, so that there was no key to
    /// carry.
    Empty,
    /// The text is not a token of this crate.
    Malformed,
    /// The signature is wrong: the token was changed, or made for another purpose, in another
    /// context, or with other [`SigningKeys`](super::SigningKeys).
    Forged,
    /// The token is genuine, and older than its [`lifetime`](super::Detour::lifetime).
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
            // A token of another purpose or context cannot be told from a forged one: both have a
            // signature that does not fit.
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
