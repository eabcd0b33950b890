//! What attempts tell about Partnero, until it looks like an outage.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The customers for whom Partnero has failed since it last answered anybody. One poisonous row
/// is one customer, however often it fails.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<HashSet<String>>);

impl Outage {
    /// Partnero has answered somebody.
    pub(super) fn up(&self) {
        self.failed().clear();
    }

    /// Partnero has failed for this customer; whether that makes `enough`.
    pub(super) fn down(&self, customer: &str, enough: usize) -> bool {
        let mut failed = self.failed();
        failed.insert(customer.to_owned());
        failed.len() >= enough
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_is_no_outage_and_an_answer_forgets_all() {
        let signs = Outage::default();
        for _ in 0..9 {
            assert!(!signs.down("a", 2));
        }
        signs.up();
        assert!(!signs.down("b", 2));
        assert!(signs.down("c", 2));
    }
}
