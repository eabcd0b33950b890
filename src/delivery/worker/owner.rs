//! Whose leases they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chance;

/// Gives each claim a name of its own. A worker may claim a row anew whose last lease ran out, and
/// what is left to write about that one must not meet the new one.
pub(super) struct Owner {
    worker: String,
    claims: AtomicU64,
}

impl Owner {
    pub(super) fn new() -> Self {
        Self {
            worker: chance::owner(),
            claims: AtomicU64::new(0),
        }
    }

    pub(super) fn next_claim(&self) -> Arc<str> {
        let claim = self.claims.fetch_add(1, Ordering::Relaxed);
        format!("{}-{claim}", self.worker).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_claims_have_one_name() {
        let (one, other) = (Owner::new(), Owner::new());
        let names = [one.next_claim(), one.next_claim(), other.next_claim()];
        assert!(names[0] != names[1] && names[0] != names[2]);
        let process = format!("{}-", std::process::id());
        assert!(names.iter().all(|name| name.starts_with(&process)));
    }
}
