//! Exact amounts in major units.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// How many significant digits a JSON number carries through any reader that makes a 64-bit
/// floating-point number of it.
const DIGITS: u32 = 15;
const END: i128 = 10_i128.pow(DIGITS);

/// An exact decimal amount in **major units**: dollars and not cents, points and not hundredths.
///
/// Partnero takes and gives amounts in major units in every example of its documentation
/// (<https://docs.partnero.com/api-reference/transactions/create>); cents sent as they are would
/// pay a hundredfold. So there is no way to make an amount of a bare number: it is read from a
/// text in major units, or counted in minor units with their decimals said.
///
/// ```
/// use tower_partnero::client::Amount;
///
/// let price = Amount::major("19.99")?;
/// assert_eq!(price, Amount::minor(1999, 2)?);
/// assert_eq!(price.to_string(), "19.99");
/// assert_eq!(price.to_minor(2), Some(1999));
/// # Ok::<(), tower_partnero::client::InvalidAmount>(())
/// ```
///
/// An amount has at most 15 significant digits, and at most 15 on either side of the point: so
/// many pass through a JSON number unchanged, whoever reads it. It is sent as a JSON number, and
/// read from a number or a text with digits. What comes in with more digits, such as
/// `0.30000000000000004`, is the trace of somebody's floating-point arithmetic and is rounded to
/// 15.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An amount in major units, as `19.99`, `-5` or `0.125`: digits with at most one point
    /// between them, and a minus sign if it is negative.
    ///
    /// # Errors
    ///
    /// [`InvalidAmount`] for any other text, such as `19,99`, `.5` or `1e3`, and for an amount
    /// with more digits than this type keeps.
    pub fn major(text: &str) -> Result<Self, InvalidAmount> {
        if !is_plain(text) {
            return Err(InvalidAmount(Reason::Text));
        }
        let decimal = Decimal::from_str_exact(text).map_err(|_| InvalidAmount(Reason::Digits))?;
        Self::exact(decimal)
    }

    /// An amount counted in minor units, of which 10 to the power of `decimals` make a major one:
    /// `minor(1999, 2)` is 19.99, and `minor(20, 0)` is 20.
    ///
    /// # Errors
    ///
    /// [`InvalidAmount`] for an amount with more digits than this type keeps.
    pub fn minor(units: i64, decimals: u32) -> Result<Self, InvalidAmount> {
        let decimal = Decimal::try_from_i128_with_scale(units.into(), decimals)
            .map_err(|_| InvalidAmount(Reason::Digits))?;
        Self::exact(decimal)
    }

    /// How many minor units this is, of which 10 to the power of `decimals` make a major one;
    /// `None` if it is no whole number of them, or more than an `i64` holds.
    #[must_use]
    pub fn to_minor(self, decimals: u32) -> Option<i64> {
        let shift = decimals.checked_sub(self.0.scale())?;
        let units = self.0.mantissa().checked_mul(10_i128.checked_pow(shift)?)?;
        i64::try_from(units).ok()
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self < Self::ZERO
    }

    fn exact(decimal: Decimal) -> Result<Self, InvalidAmount> {
        // Also turns -0 into 0.
        let decimal = decimal.normalize();
        if decimal.mantissa().abs() >= END || decimal.scale() > DIGITS {
            return Err(InvalidAmount(Reason::Digits));
        }
        Ok(Self(decimal))
    }

    /// Reads what came in: rounded to the digits this type keeps, and `None` if it is too large.
    pub(super) fn read(text: &str) -> Option<Self> {
        if is_plain(text) {
            let decimal: Decimal = text.parse().ok()?;
            let rounded = decimal.round_sf(DIGITS)?.round_dp(DIGITS);
            return Self::exact(rounded).ok();
        }
        // With an exponent. Rust writes a floating-point number back without one, and with no
        // more digits than it takes to tell it from its neighbours.
        let is_number = text.bytes().all(|byte| b"0123456789.eE+-".contains(&byte));
        let number: f64 = text.parse().ok().filter(|_| is_number)?;
        Self::read_number(number)
    }

    pub(super) fn read_number(number: f64) -> Option<Self> {
        let text = number.to_string();
        if is_plain(&text) {
            Self::read(&text)
        } else {
            None
        }
    }
}

/// Digits, a point between digits, a minus sign before them.
fn is_plain(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    /// As [`Amount::major`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::major(text)
    }
}

impl fmt::Display for Amount {
    /// In major units without needless zeros; with a precision, as in `{:.2}`, with exactly so
    /// many decimals, rounded half up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(precision) = f.precision() else {
            return fmt::Display::fmt(&self.0, f);
        };
        // The decimal's own writer panics where many decimals stand behind many digits. Those
        // beyond the digits of an amount are zeros.
        let decimals = u32::try_from(precision).map_or(DIGITS, |decimals| decimals.min(DIGITS));
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        let rounded = self.0.round_dp_with_strategy(decimals, strategy);
        let decimals = decimals as usize;
        let mut text = format!("{:.decimals$}", rounded.abs());
        text.extend(std::iter::repeat_n('0', precision - decimals));
        f.pad_integral(rounded >= Decimal::ZERO, "", &text)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({})", self.0)
    }
}

impl Serialize for Amount {
    /// As a number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(whole) = self.to_minor(0) {
            return serializer.serialize_i64(whole);
        }
        // The nearest floating-point number, which has these digits for its shortest text.
        let number = self
            .0
            .to_string()
            .parse()
            .map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

impl<'de> Deserialize<'de> for Amount {
    /// From a number, or from a text with digits.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // If another crate of the app turns on serde_json's feature `arbitrary_precision`, a number
        // comes as a map that only serde_json's own types can read.
        let value = Value::deserialize(deserializer)?;
        let amount = match &value {
            Value::Number(number) => Self::read(&number.to_string()),
            Value::String(text) => Self::read(text),
            _ => None,
        };
        amount.ok_or_else(|| {
            let expected = "expected an amount of at most 15 digits before the point";
            D::Error::custom(format_args!("{expected}, found {value}"))
        })
    }
}

/// A text or number that is no [`Amount`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidAmount(Reason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Text,
    Digits,
    #[cfg(feature = "currency")]
    Currency,
}

impl InvalidAmount {
    #[cfg(feature = "currency")]
    pub(super) fn currency() -> Self {
        Self(Reason::Currency)
    }
}

impl fmt::Display for InvalidAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::Text => "an amount is written in major units with digits alone, as `19.99`",
            Reason::Digits => {
                "an amount has at most 15 significant digits, and 15 on either side of the point"
            }
            #[cfg(feature = "currency")]
            Reason::Currency => {
                "ISO 4217 has no currency with this code and a minor unit: write a code such as `USD`"
            }
        })
    }
}

impl std::error::Error for InvalidAmount {}

#[cfg(test)]
mod tests;
