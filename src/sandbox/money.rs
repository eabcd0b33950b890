//! Amounts: exact decimals in major units.

use rust_decimal::Decimal;

/// An amount of money, or of another unit such as points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    pub(super) value: Decimal,
    /// A currency's code in capitals, or the name of another unit.
    pub(super) units: String,
    pub(super) is_currency: bool,
}

impl Amount {
    pub(super) fn new(value: Decimal, units: &str, is_currency: bool) -> Self {
        // The examples of the sources have `USD` as well as `usd`.
        let units = if is_currency {
            units.to_uppercase()
        } else {
            units.to_owned()
        };
        Self {
            value,
            units,
            is_currency,
        }
    }

    fn is_of_kind(&self, other: &Amount) -> bool {
        self.units == other.units && self.is_currency == other.is_currency
    }
}

/// A customer's balance: one entry for each unit, and no entry for zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Balance(Vec<Amount>);

impl Balance {
    pub(super) fn entries(&self) -> &[Amount] {
        &self.0
    }

    pub(super) fn of(&self, kind: &Amount) -> Decimal {
        let entry = self.0.iter().find(|entry| entry.is_of_kind(kind));
        entry.map_or(Decimal::ZERO, |entry| entry.value)
    }

    /// Adds an amount. A sum of more than 28 digits is rounded; an amount that would make the sum
    /// too large for `Decimal` is not added.
    pub(super) fn add(&mut self, amount: &Amount) {
        let sum = self.of(amount).checked_add(amount.value);
        let sum = sum.unwrap_or_else(|| self.of(amount)).normalize();
        // Taken out and put back, so that no entry for zero stays.
        self.0.retain(|entry| !entry.is_of_kind(amount));
        if !sum.is_zero() {
            self.0.push(Amount {
                value: sum,
                ..amount.clone()
            });
        }
    }

    pub(super) fn subtract(&mut self, amount: &Amount) {
        self.add(&Amount {
            value: -amount.value,
            ..amount.clone()
        });
    }
}

/// Reads a number without rounding it. `None` for a text that is not a number, has more than 28
/// digits, or is 10^18 or larger. The last limit is ours: sums of smaller amounts do not overflow.
pub(super) fn exact(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text, None),
    };
    let is_plain = |text: &str| text.bytes().all(|byte| b"-+.0123456789".contains(&byte));
    if !is_plain(digits) || exponent.is_some_and(|text| text.is_empty() || !is_plain(text)) {
        return None;
    }
    // The digits are checked first, because `from_scientific` would round them.
    let plain = Decimal::from_str_exact(digits).ok()?;
    let value = match exponent {
        None => plain,
        Some(_) => Decimal::from_scientific(text).ok()?,
    };
    (value.abs() < Decimal::from(1_000_000_000_000_000_000_u64)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::json::Json;
    use super::*;

    #[test]
    fn amounts_are_read_without_rounding() {
        for (text, value) in [
            ("99.99", "99.99"),
            ("29.997", "29.997"),
            ("100", "100"),
            ("-0.50", "-0.50"),
            ("1e2", "100"),
            ("12345E-4", "1.2345"),
            (
                "99999999999999999.9999999999",
                "99999999999999999.9999999999",
            ),
        ] {
            assert_eq!(
                exact(text).map(|value| value.to_string()).as_deref(),
                Some(value)
            );
        }
        for text in [
            "",
            "x",
            "1.2.3",
            "1e400",
            "1_000",
            "0.12345678901234567890123456789",
            "0.1234567890123456789012345678e-5",
            "1e-29",
            "-",
            "1e",
            "1e18",
        ] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn a_balance_adds_by_unit_and_forgets_zero() {
        let dollars = |text: &str| Amount::new(exact(text).unwrap(), "usd", true);
        let mut balance = Balance::default();
        balance.add(&dollars("0.10"));
        balance.add(&dollars("0.20"));
        balance.add(&Amount::new(Decimal::TEN, "points", false));
        assert_eq!(balance.of(&dollars("0")).to_string(), "0.3");
        assert_eq!(balance.entries().len(), 2);
        balance.subtract(&dollars("0.3"));
        assert_eq!(balance.entries().len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_amount_changes_on_its_way(units in 0_u64..1_000_000_000_000_000_000, fraction in "[0-9]{0,10}") {
            let text = if fraction.is_empty() { units.to_string() } else { format!("{units}.{fraction}") };
            let body = format!("{{\"amount\":{text}}}");
            let json = Json::parse(body.as_bytes()).unwrap();
            let Some(Json::Number(digits)) = json.get("amount") else { panic!("a number") };
            let written = Json::object([("amount", exact(digits).unwrap().into())]);
            proptest::prop_assert_eq!(serde_json::to_string(&written).unwrap(), body);
        }
    }
}
