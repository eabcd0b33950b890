//! How many reports are delivered at the same time while Partnero limits the rate of calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Each 429 halves the number, and each report that is settled adds one, up to the worker's lanes.
///
/// A report may take several calls, and a pause ends its attempt between two of them. If all lanes
/// began again at the same time after each pause, their first calls alone could meet the limit, and
/// no report would ever get to its second call. A clone is the same record.
#[derive(Clone, Debug)]
pub(super) struct Width(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    now: usize,
    most: usize,
}

impl Width {
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { now: most, most })))
    }

    pub(super) fn get(&self) -> usize {
        self.inner().now
    }

    /// Partnero has refused a call because there were too many.
    pub(super) fn halve(&self) {
        let mut inner = self.inner();
        inner.now = (inner.now / 2).max(1);
    }

    /// A report has come to its end.
    pub(super) fn grow(&self) {
        let mut inner = self.inner();
        inner.now = (inner.now + 1).min(inner.most);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_between_one_and_the_lanes() {
        let width = Width::new(3);
        width.grow();
        assert_eq!(width.get(), 3);
        width.halve();
        assert_eq!(width.get(), 1);
        width.halve();
        assert_eq!(width.get(), 1);
        width.clone().grow();
        assert_eq!(width.get(), 2);
    }
}
