//! The deletion of a customer who leaves.

use serde::{Deserialize, Serialize};

/// The order to delete a customer at Partnero.
///
/// [`Outbox::forget_in`](crate::delivery::Outbox::forget_in) writes it beside what it empties, so an app
/// with an outbox seldom makes one. An app with a job system of its own hands it to the
/// [`Deliverer`](crate::delivery::Deliverer).
///
/// A customer whom Partnero does not have is no error. Partnero's path also finds a customer by another
/// name than the identifier, so the customer is fetched first, and nobody else is deleted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[must_use]
pub struct Deletion {
    pub(crate) customer: String,
}

impl Deletion {
    /// The deletion of a customer, by the app's own identifier.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids are written as `user.id`, not `&user.id`"
    )]
    pub fn new(customer: impl ToString) -> Self {
        Self {
            customer: customer.to_string(),
        }
    }
}
