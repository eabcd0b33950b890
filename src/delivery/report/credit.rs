//! A credit to a customer's balance.

use crate::client::Money;

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
