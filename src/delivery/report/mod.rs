//! What an app reports to Partnero.

mod deletion;
mod money;

use std::fmt;

pub use self::deletion::Deletion;
pub use self::money::{Credit, Refund, Sale};
use crate::client::NewCustomer;
use serde::{Deserialize, Serialize};

/// One thing that an app reports to Partnero.
///
/// An app that hands its reports to a job system of its own can keep them as JSON, or in any other
/// format that names its fields. `kind` says what a report is about, by the name in [`ReportKind`];
/// fields that this version does not know are left out. The JSON holds personal data.
///
/// ```
/// use tower_partnero::delivery::{Refund, Report};
///
/// let job = serde_json::to_string(&Report::from(Refund::new("order-7", 42)))?;
/// assert_eq!(job, r#"{"kind":"refund","key":"order-7","customer":"42"}"#);
/// let report: Report = serde_json::from_str(&job)?;
/// # assert_eq!(report.key(), "order-7");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Report {
    /// A customer has signed up.
    Customer(NewCustomer),
    /// A customer has bought something.
    #[serde(rename = "transaction")]
    Sale(Sale),
    /// A sale was refunded as a whole.
    Refund(Refund),
    /// Credit for a customer's balance.
    Credit(Credit),
    /// A customer has left, and is to be deleted.
    Deletion(Deletion),
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
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
    /// The deletion of a customer.
    Deletion,
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
            Self::Deletion => "deletion",
        }
    }

    #[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Customer,
            Self::Transaction,
            Self::Refund,
            Self::Credit,
            Self::Deletion,
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
            Self::Deletion(_) => ReportKind::Deletion,
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
            Self::Deletion(deletion) => &deletion.customer,
        }
    }

    /// The key under which the report is delivered once: the customer's identifier (also for the
    /// customer's deletion), the key of the sale (also for its refund), or the key of the credit.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Customer(customer) => customer.id(),
            Self::Sale(sale) => &sale.key,
            Self::Refund(refund) => &refund.key,
            Self::Credit(credit) => &credit.key,
            Self::Deletion(deletion) => &deletion.customer,
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

impl From<Deletion> for Report {
    fn from(deletion: Deletion) -> Self {
        Self::Deletion(deletion)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::client::{Amount, CustomerRef, Money};

    fn reports() -> [(Report, Value); 6] {
        let price = || Money::currency(Amount::major("19.90").unwrap(), "EUR");
        let points = Money::custom(Amount::minor(150, 0).unwrap(), "points");
        let ben = NewCustomer::new(7)
            .email("ben@shop.example")
            .referring_customer(CustomerRef::key("anna-7"))
            .runners_up(["cleo".parse().unwrap()])
            .without_known_email(true);
        let sale = Sale::new("o-1", 7, price());
        [
            (
                ben.into(),
                json!({"kind": "customer", "id": "7", "email": "ben@shop.example",
                    "referring_customer": {"key": "anna-7"}, "runners_up": ["cleo"],
                    "without_known_email": true}),
            ),
            (
                sale.clone().into(),
                json!({"kind": "transaction", "key": "o-1", "customer": "7", "amount": 19.9,
                    "amount_units": "EUR", "is_currency": true}),
            ),
            (
                sale.action("rent")
                    .product_id("tea")
                    .product_type("drink")
                    .into(),
                json!({"kind": "transaction", "key": "o-1", "customer": "7", "amount": 19.9,
                    "amount_units": "EUR", "is_currency": true, "action": "rent",
                    "product_id": "tea", "product_type": "drink"}),
            ),
            (
                Refund::new("o-1", 7).into(),
                json!({"kind": "refund", "key": "o-1", "customer": "7"}),
            ),
            (
                Credit::new("c-1", 7, points).into(),
                json!({"kind": "credit", "key": "c-1", "customer": "7", "amount": 150,
                    "amount_units": "points", "is_currency": false}),
            ),
            (
                Deletion::new(7).into(),
                json!({"kind": "deletion", "customer": "7"}),
            ),
        ]
    }

    #[test]
    fn every_report_is_read_as_it_was_written() {
        for (report, written) in reports() {
            assert_eq!(serde_json::to_value(&report).unwrap(), written);
            let text = written.to_string();
            let read: Report = serde_json::from_str(&text).unwrap();
            assert_eq!(read.kind(), report.kind());
            assert_eq!(written["kind"], json!(read.kind()));
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
        }
    }

    #[test]
    fn a_field_of_a_newer_version_is_left_out() {
        for (_, written) in reports() {
            let mut newer = written.clone();
            newer["newer"] = json!({"field": [1]});
            let read: Report = serde_json::from_value(newer).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for wrong in [
            json!({"key": "o-1", "customer": "7"}),
            json!({"kind": "gift", "key": "o-1", "customer": "7"}),
            json!({"kind": "refund", "customer": "7"}),
            json!({"kind": "transaction", "key": "o-1", "customer": "7"}),
            json!({"kind": "credit", "key": "o-1", "customer": "7", "amount": "1,5"}),
        ] {
            assert!(
                serde_json::from_value::<Report>(wrong.clone()).is_err(),
                "{wrong}"
            );
        }
    }
}
