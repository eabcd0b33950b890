//! A sale given back.

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
