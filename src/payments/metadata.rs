//! What Partnero's own integrations with payment providers read.

use crate::referral::ReferralKey;

/// The pairs to put into a payment's `metadata` (Stripe) or `custom_data` (Paddle), where Partnero's own
/// integration looks for them.
///
/// | Who pays | What to put in |
/// |---|---|
/// | a customer whom the app has reported, referred or not | [`customer`](Self::customer) with **the payer's own** key. Who referred the payer, Partnero knows since the sign-up |
/// | in an affiliate program, somebody who pays before any sign-up | [`partner`](Self::partner) with the key of the link |
/// | somebody whom nobody referred, before any sign-up | nothing |
///
/// Partnero's help says that `customer_key` is the customer's `key`
/// (<https://help.partnero.com/article/202-integrate-stripe>). Whether the integration also finds a
/// customer by `id` is said nowhere: the sandbox [plays both answers](crate::Sandbox::observe_payment).
/// So an app that goes this way should choose the [`key`](crate::NewCustomer::key) of its customers
/// itself, and put the same text here. The key stands in every link that the customer shares: never use
/// an e-mail address or the private identifier.
///
/// In a subscription the pairs belong to the subscription or to the provider's customer, so that each
/// renewal has them.
///
/// ```
/// use tower_partnero::payments::PaymentMetadata;
///
/// let metadata = PaymentMetadata::customer("ben-8");
/// let fields: Vec<(String, &str)> = metadata
///     .pairs()
///     .map(|(name, value)| (format!("metadata[{name}]"), value)) // Stripe's form encoding
///     .collect();
/// assert_eq!(fields, [("metadata[customer_key]".to_owned(), "ben-8")]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct PaymentMetadata {
    customer: Option<String>,
    partner: Option<String>,
}

impl PaymentMetadata {
    /// For a payment of a customer, by the customer's own public key.
    pub fn customer(key: impl Into<String>) -> Self {
        Self {
            customer: Some(key.into()),
            partner: None,
        }
    }

    /// For a payment in an affiliate program, by the key of the partner whose link the visitor
    /// followed (<https://docs.partnero.com/integrations/stripe>).
    pub fn partner(key: &ReferralKey) -> Self {
        Self {
            customer: None,
            partner: Some(key.as_str().to_owned()),
        }
    }

    /// Names and values, in this order: `customer_key`, `partner_key`. What was not set is left out.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pairs = [
            ("customer_key", self.customer.as_deref()),
            ("partner_key", self.partner.as_deref()),
        ];
        let set = pairs.into_iter();
        set.filter_map(|(name, value)| Some((name, value?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_set_is_put_in() {
        let pairs = |metadata: &PaymentMetadata| -> Vec<(String, String)> {
            let pairs = metadata.pairs();
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            pairs.collect()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let buyer = PaymentMetadata::customer("ben-8");
        assert_eq!(pairs(&buyer), [pair("customer_key", "ben-8")]);
        let partner = PaymentMetadata::partner(&"pia".parse().unwrap());
        assert_eq!(pairs(&partner), [pair("partner_key", "pia")]);
        assert!(pairs(&PaymentMetadata::default()).is_empty());
    }
}
