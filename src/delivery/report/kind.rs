//! The four kinds of reports.

use std::fmt;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReportKind {
    /// A sign-up.
    Customer,
    /// A sale.
    Transaction,
    /// A sale given back.
    Refund,
    /// A credit to a balance.
    Credit,
}

impl ReportKind {
    /// The name that stands in the column `kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Transaction => "transaction",
            Self::Refund => "refund",
            Self::Credit => "credit",
        }
    }

    #[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Customer,
            Self::Transaction,
            Self::Refund,
            Self::Credit,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
