//! An amount with its unit.

use std::fmt;

#[cfg(feature = "currency")]
use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
#[cfg(feature = "currency")]
use super::amount::InvalidAmount;
use super::fields;

/// An amount of a currency, or of a unit of the program's own such as points
/// (<https://help.partnero.com/article/205>).
///
/// It is written and read as Partnero's API does, with the fields `amount`, `amount_units` and
/// `is_currency`. A unit is a currency unless `is_currency` is `false`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(from = "Fields")]
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

/// The fields of an amount of money as they are read.
#[derive(Deserialize)]
struct Fields {
    amount: Amount,
    amount_units: Option<String>,
    is_currency: Option<bool>,
}

impl From<Fields> for Money {
    fn from(fields: Fields) -> Self {
        let is_currency = match (&fields.amount_units, fields.is_currency) {
            // Another program that writes the outbox's table may leave the field out, and nearly
            // every amount is money.
            (Some(_), None) => Some(true),
            (_, is_currency) => is_currency,
        };
        Self {
            amount: fields.amount,
            unit: fields.amount_units,
            is_currency,
        }
    }
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

    /// An amount of a currency, counted in its minor units: `minor(1999, "USD")` is 19.99 USD, and
    /// `minor(1999, "JPY")` is 1999 JPY, because the yen has no minor unit. The decimals of each
    /// currency are those of ISO 4217. The code may be written in lower case; it becomes upper case.
    ///
    /// Some payment providers count a currency otherwise. Stripe counts ISK and UGX in hundredths,
    /// while ISO 4217 gives them no decimals (<https://docs.stripe.com/currencies#special-cases>). For
    /// such an amount, say the decimals yourself:
    ///
    /// ```
    /// use tower_partnero::client::{Amount, Money};
    ///
    /// let price = Money::minor(1999, "usd")?;
    /// assert_eq!(price.to_string(), "19.99 USD");
    /// assert_eq!(Money::minor(1999, "JPY")?.to_string(), "1999 JPY");
    ///
    /// let from_stripe = Money::currency(Amount::minor(500, 2)?, "ISK");
    /// assert_eq!(from_stripe.to_string(), "5 ISK");
    /// # Ok::<(), tower_partnero::client::InvalidAmount>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidAmount`] if ISO 4217 has no currency with this code, or gives it no minor unit, as
    /// for gold (`XAU`); and for an amount with more digits than an [`Amount`] keeps.
    #[cfg(feature = "currency")]
    pub fn minor(units: i64, code: &str) -> Result<Self, InvalidAmount> {
        let currency = Currency::from_code(&code.to_ascii_uppercase());
        let counted = currency.and_then(|currency| Some((currency.code(), currency.exponent()?)));
        let (code, decimals) = counted.ok_or_else(InvalidAmount::currency)?;
        Ok(Self::currency(Amount::minor(units, decimals.into())?, code))
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
    pub(super) fn from_fields(fields: &fields::Fields) -> Option<Self> {
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

    #[cfg(feature = "currency")]
    #[test]
    fn minor_units_have_the_decimals_of_their_currency() {
        for (units, code, major) in [
            (1999, "USD", "19.99"),
            (1999, "usd", "19.99"),
            (1999, "JPY", "1999"),
            (-1999, "KWD", "-1.999"),
            (1999, "HUF", "19.99"),
            (1999, "MGA", "19.99"),
            (19999, "CLF", "1.9999"),
            (1999, "XCG", "19.99"),
            (0, "EUR", "0"),
        ] {
            let money = Money::minor(units, code).unwrap();
            let expected = Money::currency(Amount::major(major).unwrap(), code.to_uppercase());
            assert_eq!(money, expected);
        }
        for code in ["", "US", "USDT", "EURO", "points", "XAU", "XXX", "€"] {
            let error = Money::minor(1999, code).unwrap_err();
            assert!(error.to_string().contains("ISO 4217"), "{code}: {error}");
        }
        let error = Money::minor(i64::MAX, "USD").unwrap_err();
        assert!(error.to_string().contains("15 significant digits"));
    }

    #[test]
    fn no_amount_is_no_money() {
        assert_eq!(read(json!({"amount_units": "USD"})), None);
        assert_eq!(read(json!({"amount": null})), None);
        let bare = read(json!({"amount": 1})).unwrap();
        assert_eq!((bare.unit, bare.is_currency), (None, None));
    }
}
