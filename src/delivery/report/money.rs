//! Sales, refunds and credits.

use crate::client::Money;

/// A sale to a customer, to be reported once.
///
/// ```
/// use tower_partnero::client::{Amount, Money};
/// use tower_partnero::delivery::Sale;
///
/// let price = Money::currency(Amount::major("19.90")?, "EUR");
/// let sale = Sale::new("order-7", 42, price);
/// # Ok::<(), tower_partnero::client::InvalidAmount>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Sale {
    pub(crate) key: String,
    pub(crate) customer: String,
    pub(crate) money: Money,
    pub(crate) action: Option<String>,
    pub(crate) product_id: Option<String>,
    pub(crate) product_type: Option<String>,
}

impl Sale {
    /// A sale by the order's own key, to a customer by the app's own identifier.
    ///
    /// Partnero does not keep keys unique, so the outbox does: a key is reported once. A key of
    /// at most 64 characters is safe under every source.
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

    /// What the customer did, for reward rules that name it. Default: `sale`.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// The product, for reward rules that name it.
    pub fn product_id(mut self, id: impl Into<String>) -> Self {
        self.product_id = Some(id.into());
        self
    }

    /// The kind of product, for reward rules that name it.
    pub fn product_type(mut self, kind: impl Into<String>) -> Self {
        self.product_type = Some(kind.into());
        self
    }
}

/// A sale that was given back whole: its reward is taken back, too.
///
/// Partnero has no call for a part of a sale.
#[derive(Clone, Debug)]
#[must_use]
pub struct Refund {
    pub(crate) key: String,
    pub(crate) customer: String,
}

impl Refund {
    /// The refund of a sale, by the sale's key, to the customer who bought, by the app's own
    /// identifier.
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

/// A credit to a customer's balance at Partnero, to be sent once.
///
/// Sources disagree on whether it adds to the balance or pays out of it. A credit cannot be
/// looked up: if nobody knows whether it arrived, it waits as a dead letter for a person.
#[derive(Clone, Debug)]
#[must_use]
pub struct Credit {
    pub(crate) key: String,
    pub(crate) customer: String,
    pub(crate) money: Money,
}

impl Credit {
    /// A credit by a key of the app's own, which stays in the outbox, to a customer by the app's
    /// own identifier.
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
