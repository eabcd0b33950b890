//! What an app reports to Partnero, and how it is kept until it has arrived.

mod credit;
mod kind;
mod payload;
mod refund;
mod sale;

pub use self::credit::Credit;
pub use self::kind::ReportKind;
pub(crate) use self::payload::NewRow;
pub use self::refund::Refund;
pub use self::sale::Sale;
use crate::client::NewCustomer;

/// One thing that Partnero shall hear of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Report {
    /// A customer has signed up.
    Customer(NewCustomer),
    /// A customer has bought something.
    Sale(Sale),
    /// A sale was given back.
    Refund(Refund),
    /// A customer's balance is to be credited.
    Credit(Credit),
}

impl Report {
    /// Which of the four it is.
    #[must_use]
    pub fn kind(&self) -> ReportKind {
        match self {
            Self::Customer(_) => ReportKind::Customer,
            Self::Sale(_) => ReportKind::Transaction,
            Self::Refund(_) => ReportKind::Refund,
            Self::Credit(_) => ReportKind::Credit,
        }
    }

    /// Whom the report is about, by the app's own identifier.
    #[must_use]
    pub fn customer(&self) -> &str {
        match self {
            Self::Customer(customer) => customer.id(),
            Self::Sale(sale) => &sale.customer,
            Self::Refund(refund) => &refund.customer,
            Self::Credit(credit) => &credit.customer,
        }
    }

    /// What may be reported once: the customer's identifier, the sale's key (for a refund too),
    /// or the credit's own.
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
