//! The key of a sale that a payment provider has told.

use std::fmt;

use crate::client::Money;
use crate::delivery::{Refund, Sale};
use crate::error::ConfigError;

/// Every source of Partnero's API takes keys of so many characters.
const LONGEST: usize = 64;

/// One payment at a provider: the key of its sale, and of its refund.
///
/// Use the identifier of what is paid **once**: each renewal of a subscription has its own, and an
/// event that is told again has the same.
///
/// | | Use | Not |
/// |---|---|---|
/// | Stripe, subscriptions | the invoice, `in_...`, from `invoice.paid` | the subscription (all renewals would be one sale), the event (its repetition would be a second sale) |
/// | Stripe, single payments | the payment intent, `pi_...`, from `checkout.session.completed` or `payment_intent.succeeded`, but only one of the two events | the charge, which changes if a payment is tried again |
/// | Paddle | the transaction, `txn_...`, from `transaction.completed` | the subscription |
///
/// ```
/// use tower_partnero::client::{Amount, Money};
/// use tower_partnero::payments::PaymentKey;
///
/// let payment = PaymentKey::new("stripe", "in_1NXR")?;
/// // Providers count in minor units: 1990 cents.
/// let sale = payment.sale(42, Money::currency(Amount::minor(1990, 2)?, "EUR"));
/// let refund = payment.refund(42); // of the whole payment: Partnero has no partial refund
/// assert_eq!(payment.to_string(), "stripe_in_1NXR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaymentKey(String);

impl PaymentKey {
    /// The payment of this identifier at this provider. The provider's name keeps the identifiers of
    /// two providers, and the app's own order keys, apart.
    ///
    /// # Errors
    ///
    /// One of the two is empty, or both together have more than 63 characters, or characters outside
    /// ASCII letters, digits, `-` and `_`.
    pub fn new(provider: &str, id: &str) -> Result<Self, ConfigError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let key = format!("{provider}_{id}");
        if provider.is_empty() || id.is_empty() || !key.bytes().all(is_plain) {
            let advice =
                "write ASCII letters, digits, `-` and `_` for the provider and the payment";
            return Err(ConfigError::new("payment", advice));
        }
        if key.len() > LONGEST {
            let advice = "Partnero takes keys of 64 characters: choose a shorter identifier";
            return Err(ConfigError::new("payment", advice));
        }
        Ok(Self(key))
    }

    /// The sale, by the app's own identifier of the customer.
    pub fn sale(&self, customer: impl ToString, money: Money) -> Sale {
        Sale::new(&self.0, customer, money)
    }

    /// The refund of the whole sale. Partnero's API has no call for a part of it: an app that refunds a
    /// part leaves the sale as it is, or refunds it and reports a smaller one under a key of its own.
    pub fn refund(&self, customer: impl ToString) -> Refund {
        Refund::new(&self.0, customer)
    }
}

impl fmt::Display for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_fits_partnero() {
        let key = PaymentKey::new("stripe", "in_1").unwrap();
        assert_eq!(key.to_string(), "stripe_in_1");
        assert!(PaymentKey::new("stripe", &"x".repeat(57)).is_ok());
        for (provider, id) in [
            ("", "in_1"),
            ("stripe", ""),
            ("stripe", "in 1"),
            ("stripe", "in/1"),
            ("strípe", "in_1"),
            ("stripe", &"x".repeat(58)),
        ] {
            let error = PaymentKey::new(provider, id).unwrap_err();
            assert_eq!(error.setting(), "payment", "{provider} {id}");
        }
    }
}
