//! A report as a row of the outbox, and back.

use std::fmt::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{OutboxError, OutboxErrorKind};
use crate::client::{CustomerRef, Money, NewCustomer};
use crate::delivery::report::{Credit, Deletion, Refund, Report, ReportKind, Sale};

/// A report as a row of the outbox's table, for an app that writes it with another driver than sqlx.
///
/// [`SignupHook::row`](crate::SignupHook::row) makes the row of a sign-up, and [`Outbox::row`] the
/// row of any report. [`Outbox::INSERT`] is the statement, and the getters are its six values. The
/// database fills in the other columns. [The guide](crate::guide::databases) shows a whole program
/// for each driver.
///
/// ```
/// use tower_partnero::delivery::{Outbox, OutboxError, OutboxRow, Refund};
///
/// # fn example(outbox: &Outbox) -> Result<(), OutboxError> {
/// let row: OutboxRow = outbox.row(Refund::new("order-7", 42))?;
/// let values = (
///     row.kind().as_str(), // $1
///     row.key(),           // $2
///     row.customer(),      // $3
///     row.public_key(),    // $4: an `Option`
///     row.payload(),       // $5
///     row.program(),       // $6
/// );
/// assert_eq!(values, ("refund", "order-7", "42", None, "{}", ""));
/// # Ok(())
/// # }
/// # example(&Outbox::memory()).unwrap();
/// ```
///
/// `Debug` leaves out the payload, which holds the customer's name and e-mail address.
///
/// [`Outbox::INSERT`]: super::Outbox::INSERT
/// [`Outbox::row`]: super::Outbox::row
#[derive(Clone)]
pub struct OutboxRow {
    pub(crate) program: Arc<str>,
    pub(crate) kind: ReportKind,
    pub(crate) key: String,
    pub(crate) customer: String,
    /// The public key that the app chose for a new customer. Friends who come by this key, and whom
    /// Partnero cannot credit yet, wait until the customer has arrived.
    pub(crate) public_key: Option<String>,
    pub(crate) payload: String,
}

/// The text of [`Outbox::INSERT`](super::Outbox::INSERT). It stands beside the row, so that the
/// store need not know the handle that is made of it.
pub(super) const INSERT: &str = "INSERT INTO partnero_outbox \
     (kind, key, customer, public_key, payload, program, state, waits_for) \
     SELECT $1, $2, $3, $4, $5, $6, CASE WHEN deletion IS NULL THEN 'due' ELSE 'held' END, deletion \
     FROM (SELECT (SELECT id FROM partnero_outbox WHERE program = $6 AND kind = 'deletion' \
     AND key = $2 AND state <> 'done' AND $1 = 'customer') AS deletion) AS earlier \
     WHERE NOT EXISTS (SELECT 1 FROM partnero_outbox WHERE program = $6 AND kind = $1 \
     AND key = $2 AND (kind <> 'customer' OR state <> 'done')) \
     ON CONFLICT (program, kind, key) DO UPDATE SET state = excluded.state, \
     waits_for = excluded.waits_for, due_at = excluded.due_at, \
     created_at = excluded.created_at, public_key = excluded.public_key, \
     payload = excluded.payload, attempts = 0, sent_at = NULL, \
     failing_ms = NULL, outcome = NULL, last_answer = NULL, settled_at = NULL \
     WHERE partnero_outbox.kind = 'customer' AND partnero_outbox.state = 'done'";

/// Most bytes of a name. An index of PostgreSQL takes so many in any encoding.
const LONGEST_NAME: usize = 1_000;

#[derive(Serialize, Deserialize)]
struct SalePayload {
    #[serde(flatten)]
    money: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_type: Option<String>,
}

impl OutboxRow {
    /// The row of a report to the app's only Partnero program. An app that has several asks
    /// [`Outbox::row`](super::Outbox::row).
    ///
    /// # Errors
    ///
    /// [`Invalid`](OutboxErrorKind::Invalid): the report can never be written. Its key or identifier
    /// is empty, has over 1,000 bytes or holds a zero byte.
    pub fn new(report: impl Into<Report>) -> Result<Self, OutboxError> {
        Self::of(&report.into(), "".into())
    }

    pub(super) fn of(report: &Report, program: Arc<str>) -> Result<Self, OutboxError> {
        let payload = match report {
            // The column `customer` holds the identifier, so the payload need not repeat it.
            Report::Customer(customer) => serde_json::to_string(&customer.clone().with_id("")),
            Report::Sale(sale) => serde_json::to_string(&SalePayload {
                money: sale.money.clone(),
                action: sale.action.clone(),
                product_id: sale.product_id.clone(),
                product_type: sale.product_type.clone(),
            }),
            // All that these two need stands in the columns `key` and `customer`.
            Report::Refund(_) | Report::Deletion(_) => Ok("{}".to_owned()),
            Report::Credit(credit) => serde_json::to_string(&credit.money),
        };
        let payload = payload
            .map_err(|error| OutboxError::new(OutboxErrorKind::Invalid).with_source(error))?;
        let row = Self {
            program,
            kind: report.kind(),
            key: report.key().to_owned(),
            customer: report.customer().to_owned(),
            public_key: match report {
                Report::Customer(customer) => customer.public_key().map(str::to_owned),
                _ => None,
            },
            payload: ascii(&payload),
        };
        // Checked here, because on PostgreSQL a failed statement ends the caller's transaction.
        let is_unfit = |text: &str| text.contains('\0') || text.len() > LONGEST_NAME;
        let refuse = |what| {
            let message = format!("{what} is empty, holds a zero byte or has over 1,000 bytes");
            Err(OutboxError::new(OutboxErrorKind::Invalid).with_message(message))
        };
        for (what, text) in [("the key", &row.key), ("the customer's id", &row.customer)] {
            if text.is_empty() || is_unfit(text) {
                return refuse(what);
            }
        }
        if row.public_key.as_deref().is_some_and(is_unfit) {
            return refuse("the public key");
        }
        if let Report::Customer(customer) = report
            && customer.referrer().is_some_and(has_zero_byte)
        {
            let message = "the name of the referring customer holds a zero byte";
            return Err(OutboxError::new(OutboxErrorKind::Invalid).with_message(message));
        }
        Ok(row)
    }

    /// The column `kind`: what the report is about. [`ReportKind::as_str`] is the text to write.
    #[must_use]
    pub fn kind(&self) -> ReportKind {
        self.kind
    }

    /// The column `key`: what [`Report::key`] says.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The column `customer`: the customer, by the app's own identifier.
    #[must_use]
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// The column `public_key`: the public key that the app chose for a new customer, else `NULL`.
    #[must_use]
    pub fn public_key(&self) -> Option<&str> {
        self.public_key.as_deref()
    }

    /// The column `payload`: the report as JSON, in ASCII alone. It holds personal data.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// The column `program`: the name that was given to [`Outbox::program`](super::Outbox::program), else an empty text.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }
}

impl fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxRow")
            .field("program", &self.program)
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("customer", &self.customer)
            .finish_non_exhaustive()
    }
}

/// JSON in ASCII alone, which a database of any encoding takes. Outside of its strings JSON is
/// ASCII, and in them `\u` and the UTF-16 code may stand for any character.
fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for char in json.chars() {
        if char.is_ascii() {
            ascii.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

/// PostgreSQL takes no zero byte, not even to look for one.
fn has_zero_byte(referrer: &CustomerRef) -> bool {
    referrer.as_str().contains('\0')
}

/// The report in a row. Another program may have written the row, with
/// [`Outbox::INSERT`](super::Outbox::INSERT).
///
/// # Errors
///
/// The payload is not what the documentation of the table says.
pub(crate) fn read_report(
    kind: ReportKind,
    key: &str,
    customer: &str,
    payload: &str,
) -> Result<Report, serde_json::Error> {
    let (key, customer) = (key.to_owned(), customer.to_owned());
    Ok(match kind {
        ReportKind::Customer => {
            let mut new: NewCustomer = serde_json::from_str(payload)?;
            if new.id().is_empty() {
                new = new.with_id(&customer);
            }
            // Order is kept by the column `customer`, so both must name the same customer.
            if new.id() != customer {
                return Err(serde::de::Error::custom(
                    "the payload's `id` is not the row's `customer`",
                ));
            }
            if new.referrer().is_some_and(has_zero_byte) {
                return Err(serde::de::Error::custom(
                    "the name of the referring customer holds a zero byte",
                ));
            }
            Report::Customer(new)
        }
        ReportKind::Transaction => {
            let sale: SalePayload = serde_json::from_str(payload)?;
            Report::Sale(Sale {
                key,
                customer,
                money: sale.money,
                action: sale.action,
                product_id: sale.product_id,
                product_type: sale.product_type,
            })
        }
        ReportKind::Refund => Report::Refund(Refund { key, customer }),
        ReportKind::Credit => Report::Credit(Credit {
            key,
            customer,
            money: serde_json::from_str(payload)?,
        }),
        ReportKind::Deletion => Report::Deletion(Deletion { customer }),
    })
}

/// As a worker reads a row. For the fuzz targets, which `cargo fuzz` builds with `--cfg fuzzing`.
#[cfg(fuzzing)]
#[must_use]
pub fn read_row(kind: ReportKind, key: &str, customer: &str, payload: &str) -> Option<Report> {
    read_report(kind, key, customer, payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Amount;

    fn price() -> Money {
        Money::currency(Amount::major("19.90").unwrap(), "EUR")
    }

    #[test]
    fn payloads_are_written_as_documented() {
        let customer = NewCustomer::new(7)
            .key("k")
            .email("b@shop.example")
            .referring_customer(CustomerRef::key("anna"))
            .runners_up(["ben-8".parse().unwrap()])
            .without_known_email(true);
        for (report, payload, public_key) in [
            (
                Report::from(customer),
                r#"{"key":"k","email":"b@shop.example","referring_customer":{"key":"anna"},"runners_up":["ben-8"],"without_known_email":true}"#,
                Some("k"),
            ),
            (
                Sale::new("o-1", 7, price()).action("sale").into(),
                r#"{"amount":19.9,"amount_units":"EUR","is_currency":true,"action":"sale"}"#,
                None,
            ),
            (Refund::new("o-1", 7).into(), "{}", None),
            (Deletion::new(7).into(), "{}", None),
            (
                Credit::new("c-1", 7, price()).into(),
                r#"{"amount":19.9,"amount_units":"EUR","is_currency":true}"#,
                None,
            ),
        ] {
            let row = OutboxRow::new(report).unwrap();
            assert_eq!(row.payload, payload);
            assert_eq!(row.public_key.as_deref(), public_key);
            assert_eq!(row.customer, "7");
            let back = read_report(row.kind, &row.key, &row.customer, &row.payload).unwrap();
            assert_eq!(OutboxRow::new(back).unwrap().payload, payload);
        }
    }

    #[test]
    fn an_amount_may_be_written_as_text_and_without_a_unit() {
        let read = |payload| read_report(ReportKind::Transaction, "o", "7", payload);
        let Ok(Report::Sale(sale)) = read(r#"{"amount":"0.30"}"#) else {
            panic!("it is a sale");
        };
        assert_eq!(sale.money.amount.to_minor(2), Some(30));
        assert_eq!((sale.money.unit, sale.money.is_currency), (None, None));
        assert!(read(r#"{"amount_units":"EUR"}"#).is_err());
        assert!(read("").is_err());
    }

    #[test]
    fn a_row_of_somebody_else_is_not_read() {
        let read = |payload| read_report(ReportKind::Customer, "7", "7", payload);
        assert!(read(r#"{"id":"8"}"#).is_err());
        for payload in [r#"{"id":"7"}"#, "{}"] {
            let Ok(Report::Customer(new)) = read(payload) else {
                panic!("it is a sign-up");
            };
            assert_eq!(new.id(), "7");
        }
    }

    #[test]
    fn a_payload_is_ascii_and_keeps_every_letter() {
        let new = NewCustomer::new(7)
            .name("Zoë \"Ω\" 😀\u{10ffff}")
            .referring_customer(CustomerRef::key("α"));
        let row = OutboxRow::new(new).unwrap();
        assert!(row.payload.is_ascii(), "{}", row.payload);
        assert!(row.payload.contains("\\u00eb"), "{}", row.payload);
        assert!(row.payload.contains("\\ud83d\\ude00"), "{}", row.payload);
        let Ok(Report::Customer(back)) = read_report(row.kind, "7", "7", &row.payload) else {
            panic!("it is a sign-up");
        };
        assert_eq!(back.referrer().unwrap().as_str(), "α");
        let payload: serde_json::Value = serde_json::from_str(&row.payload).unwrap();
        assert_eq!(payload["name"], "Zoë \"Ω\" 😀\u{10ffff}");
    }

    #[test]
    fn a_referrer_with_a_zero_byte_is_neither_written_nor_read() {
        let new = NewCustomer::new(7).referring_customer(CustomerRef::key("a\0b"));
        let error = OutboxRow::new(new).err().unwrap();
        assert_eq!(error.kind(), OutboxErrorKind::Invalid);
        let payload = r#"{"id":"7","referring_customer":{"key":"a\u0000b"}}"#;
        let error = read_report(ReportKind::Customer, "7", "7", payload).unwrap_err();
        assert!(error.to_string().contains("zero byte"), "{error}");
    }

    #[test]
    fn a_name_that_no_database_takes_is_refused() {
        for report in [
            Report::from(NewCustomer::new("")),
            Sale::new("", 7, price()).into(),
            Refund::new("o", "").into(),
            Deletion::new("").into(),
            Credit::new("a\0b", 7, price()).into(),
            Sale::new("o".repeat(1_001), 7, price()).into(),
            NewCustomer::new(7).key("a\0b").into(),
            NewCustomer::new(7).key("k".repeat(1_001)).into(),
        ] {
            let error = OutboxRow::new(report).err().unwrap();
            assert_eq!(error.kind(), OutboxErrorKind::Invalid);
        }
    }
}
