//! The kinds of program that Partnero has and this crate knows.

use std::fmt;

/// The kind of a Partnero program. Partnero's third kind, newsletter programs, is not known to this
/// crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProgramKind {
    /// Customers bring customers. Every customer has a link to share.
    #[default]
    ReferAFriend,
    /// Partners bring customers. Partners have links, and customers have none.
    Affiliate,
}

impl ProgramKind {
    /// A short name, for a log field or the label of a counter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReferAFriend => "refer_a_friend",
            Self::Affiliate => "affiliate",
        }
    }

    /// The parameters of the program's links, as long as nobody changes them at Partnero.
    pub(crate) fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::ReferAFriend => &["ref"],
            Self::Affiliate => &["aff", "via"],
        }
    }

    /// The cookie in which Partnero's script keeps the key of a link.
    pub(crate) fn cookie_name(self) -> &'static str {
        match self {
            Self::ReferAFriend => "partnero_referral",
            Self::Affiliate => "partnero_partner",
        }
    }
}

impl fmt::Display for ProgramKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReferAFriend => "refer-a-friend",
            Self::Affiliate => "affiliate",
        })
    }
}
