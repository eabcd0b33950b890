//! When failures of single attempts count as an outage of Partnero.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The customers for whom Partnero has failed since it last answered. Customers are counted, not
/// failures: a single report that always fails must not pause the fleet.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<HashSet<String>>);

impl Outage {
    /// Partnero has answered for some customer.
    pub(super) fn partnero_answers(&self) {
        self.failed().clear();
    }

    /// Partnero has failed for this customer. `true` if it has now failed for `enough` customers.
    pub(super) fn partnero_fails(&self, customer: &str, enough: usize) -> bool {
        let mut failed = self.failed();
        failed.insert(customer.to_owned());
        failed.len() >= enough
    }

    fn failed(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_is_no_outage_and_an_answer_forgets_all() {
        let outage = Outage::default();
        for _ in 0..9 {
            assert!(!outage.partnero_fails("a", 2));
        }
        outage.partnero_answers();
        assert!(!outage.partnero_fails("b", 2));
        assert!(outage.partnero_fails("c", 2));
    }
}
