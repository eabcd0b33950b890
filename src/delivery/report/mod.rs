//! What an app reports to Partnero.

mod money;

use std::fmt;

pub use self::money::{Credit, Refund, Sale};
use crate::client::NewCustomer;

/// One thing that an app reports to Partnero.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Report {
    /// A customer has signed up.
    Customer(NewCustomer),
    /// A customer has bought something.
    Sale(Sale),
    /// A sale was refunded as a whole.
    Refund(Refund),
    /// Credit for a customer's balance.
    Credit(Credit),
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReportKind {
    /// A sign-up.
    Customer,
    /// A sale.
    Transaction,
    /// A refund of a sale.
    Refund,
    /// A credit to a customer's balance.
    Credit,
}

impl ReportKind {
    /// The name in the column `kind`.
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

impl Report {
    /// What the report is about.
    #[must_use]
    pub fn kind(&self) -> ReportKind {
        match self {
            Self::Customer(_) => ReportKind::Customer,
            Self::Sale(_) => ReportKind::Transaction,
            Self::Refund(_) => ReportKind::Refund,
            Self::Credit(_) => ReportKind::Credit,
        }
    }

    /// The customer, by the app's own identifier.
    #[must_use]
    pub fn customer(&self) -> &str {
        match self {
            Self::Customer(customer) => customer.id(),
            Self::Sale(sale) => &sale.customer,
            Self::Refund(refund) => &refund.customer,
            Self::Credit(credit) => &credit.customer,
        }
    }

    /// The key under which the report is delivered once: the customer's identifier, the key of the
    /// sale (also for its refund), or the key of the credit.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Customer(customer) => customer.id(),
            Self::Sale(sale) => &sale.key,
            Self::Refund(refund) => &refund.key,
            Self::Credit(credit) => &credit.key,
        }
    }
}

impl From<NewCustomer> for Report {
    fn from(customer: NewCustomer) -> Self {
        Self::Customer(customer)
    }
}

impl From<Sale> for Report {
    fn from(sale: Sale) -> Self {
        Self::Sale(sale)
    }
}

impl From<Refund> for Report {
    fn from(refund: Refund) -> Self {
        Self::Refund(refund)
    }
}

impl From<Credit> for Report {
    fn from(credit: Credit) -> Self {
        Self::Credit(credit)
    }
}
