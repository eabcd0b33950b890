//! A sale.

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
