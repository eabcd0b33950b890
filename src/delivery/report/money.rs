//! Sales, refunds and credits.

use serde::{Deserialize, Serialize};

use crate::client::Money;

/// A sale to a customer.
///
/// If Stripe, Paddle or Chargebee carries the payments, connect Partnero's own integration instead of
/// sending sales. With both, each sale is rewarded twice
/// (<https://github.com/partnero/n8n-nodes-partnero>).
///
/// ```
/// use tower_partnero::client::{Amount, Money};
/// use tower_partnero::delivery::Sale;
///
/// let price = Money::currency(Amount::major("19.90")?, "EUR");
/// let sale = Sale::new("order-7", 42, price);
/// # Ok::<(), tower_partnero::client::InvalidAmount>(())
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[must_use]
pub struct Sale {
    pub(crate) key: String,
    pub(crate) customer: String,
    #[serde(flatten)]
    pub(crate) money: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) product_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) product_type: Option<String>,
}

impl Sale {
    /// The sale of an order, by the app's own identifiers of the order and of the customer.
    ///
    /// The outbox delivers each key once, because Partnero does not keep keys of sales unique. Every
    /// source of Partnero's API takes keys of at most 64 characters; some take longer ones.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keys and ids are written as `order.id`, not `&order.id`"
    )]
    pub fn new(key: impl ToString, customer: impl ToString, money: Money) -> Self {
        Self {
            key: key.to_string(),
            customer: customer.to_string(),
            money,
            action: None,
            product_id: None,
            product_type: None,
        }
    }

    /// What the customer did, for reward rules that depend on it. Default: `sale`.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// The product, for reward rules that depend on it.
    pub fn product_id(mut self, id: impl Into<String>) -> Self {
        self.product_id = Some(id.into());
        self
    }

    /// The kind of product, for reward rules that depend on it.
    pub fn product_type(mut self, kind: impl Into<String>) -> Self {
        self.product_type = Some(kind.into());
        self
    }
}

/// The refund of a whole sale. Partnero then takes the reward back, too.
///
/// Partnero's API has no call that refunds a part of a sale.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[must_use]
pub struct Refund {
    pub(crate) key: String,
    pub(crate) customer: String,
}

impl Refund {
    /// The refund of the sale of this key to this customer, both as in [`Sale::new`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keys and ids are written as `order.id`, not `&order.id`"
    )]
    pub fn new(key: impl ToString, customer: impl ToString) -> Self {
        Self {
            key: key.to_string(),
            customer: customer.to_string(),
        }
    }
}

/// A credit to a customer's balance at Partnero.
///
/// Partnero's sources disagree on whether it adds to the balance or pays out of it. A credit cannot
/// be looked up through the API. If it may have arrived or not, it becomes a dead letter for a person
/// to check, and is not sent again.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[must_use]
pub struct Credit {
    pub(crate) key: String,
    pub(crate) customer: String,
    #[serde(flatten)]
    pub(crate) money: Money,
}

impl Credit {
    /// A credit to a customer, by the app's own identifier. The key is the app's own, too; only the
    /// outbox uses it, to deliver the credit once.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keys and ids are written as `order.id`, not `&order.id`"
    )]
    pub fn new(key: impl ToString, customer: impl ToString, money: Money) -> Self {
        Self {
            key: key.to_string(),
            customer: customer.to_string(),
            money,
        }
    }
}
