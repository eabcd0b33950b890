//! An amount with its unit.

use std::fmt;

use serde::Serialize;

use super::amount::Amount;
use super::fields::{self, Fields};

/// An amount of a currency, or of a unit of the program's own such as points
/// (<https://help.partnero.com/article/205>).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Money {
    /// How much, in major units.
    pub amount: Amount,
    /// Of what: a currency's code or the name of the program's own unit. The documentation writes
    /// codes in upper case at times (`USD`) and in lower case at others.
    #[serde(rename = "amount_units", skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether the unit is a currency; `None` where Partnero does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_currency: Option<bool>,
}

impl Money {
    /// An amount of a currency, by its code.
    #[must_use]
    pub fn currency(amount: Amount, code: impl Into<String>) -> Self {
        Self {
            amount,
            unit: Some(code.into()),
            is_currency: Some(true),
        }
    }

    /// An amount of a unit of the program's own, by its name.
    #[must_use]
    pub fn custom(amount: Amount, unit: impl Into<String>) -> Self {
        Self {
            amount,
            unit: Some(unit.into()),
            is_currency: Some(false),
        }
    }

    /// Reads `amount`, `amount_units` and `is_currency`; `None` where there is no amount.
    pub(super) fn from_fields(fields: &Fields) -> Option<Self> {
        Some(Self {
            amount: fields::amount(fields, "amount")?,
            unit: fields::text(fields, "amount_units"),
            is_currency: fields::flag(fields, "is_currency"),
        })
    }
}

impl fmt::Display for Money {
    /// The amount, and its unit behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.amount.fmt(f)?;
        match &self.unit {
            Some(unit) => write!(f, " {unit}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Option<Money> {
        match value {
            Value::Object(fields) => Money::from_fields(&fields),
            _ => None,
        }
    }

    #[test]
    fn reads_what_it_writes_and_what_php_writes() {
        let price = Money::currency(Amount::major("19.99").unwrap(), "USD");
        let wire = serde_json::to_value(&price).unwrap();
        assert_eq!(
            wire,
            json!({"amount": 19.99, "amount_units": "USD", "is_currency": true})
        );
        assert_eq!(read(wire), Some(price));
        let points = json!({"amount": "150", "amount_units": "points", "is_currency": 0});
        let points = read(points).unwrap();
        assert_eq!(
            points,
            Money::custom(Amount::minor(150, 0).unwrap(), "points")
        );
        assert_eq!(points.to_string(), "150 points");
        assert_eq!(format!("{points:.2}"), "150.00 points");
    }

    #[test]
    fn no_amount_is_no_money() {
        assert_eq!(read(json!({"amount_units": "USD"})), None);
        assert_eq!(read(json!({"amount": null})), None);
        let bare = read(json!({"amount": 1})).unwrap();
        assert_eq!((bare.unit, bare.is_currency), (None, None));
    }
}
