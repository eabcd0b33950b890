//! How many calls visitors may cause.

use std::time::Duration;

use tokio::time::Instant;

/// How many failures in a row make the calls stop.
const MOST_FAILURES: u32 = 3;
/// For how long they stop, unless Partnero asks for more.
const QUIET: Duration = Duration::from_secs(5);
/// The longest time that Partnero is left alone because it asked for it.
const LONGEST_QUIET: Duration = Duration::from_secs(3_600);

/// Calls in a second, and the silence after failures.
#[derive(Debug)]
pub(super) struct Budget {
    per_second: u32,
    /// How many calls may be made now. A second fills it up.
    left: f64,
    counted_at: Instant,
    failures: u32,
    quiet_until: Option<Instant>,
}

impl Budget {
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        Self {
            per_second,
            left: per_second.into(),
            counted_at: now,
            failures: 0,
            quiet_until: None,
        }
    }

    /// Takes one call out of the budget. The answer says whether it may be made.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.quiet_until.is_some_and(|until| now < until) {
            return false;
        }
        let most = f64::from(self.per_second);
        let passed = now.saturating_duration_since(self.counted_at);
        // Never more than one second's calls, so that a quiet hour does not allow a burst.
        self.left = (self.left + passed.as_secs_f64() * most).min(most);
        self.counted_at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Notes a failure. `retry_after` is what Partnero has asked for.
    pub(super) fn failed(&mut self, now: Instant, retry_after: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        // One failure may be chance; a pause that Partnero asks for is not.
        if self.failures >= MOST_FAILURES || retry_after.is_some() {
            let quiet = retry_after.unwrap_or_default().clamp(QUIET, LONGEST_QUIET);
            self.quiet_until = Some(now + quiet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_second_fills_the_budget_up() {
        let start = Instant::now();
        let mut budget = Budget::new(2, start);
        let took = |budget: &mut Budget, now| (0..5).filter(|_| budget.take(now)).count();
        assert_eq!(took(&mut budget, start), 2);
        assert_eq!(took(&mut budget, start + SECOND / 2), 1);
        assert_eq!(took(&mut budget, start + 60 * SECOND), 2);
    }

    #[test]
    fn failures_in_a_row_make_it_quiet_for_a_while() {
        let start = Instant::now();
        let mut budget = Budget::new(10, start);
        for _ in 0..2 {
            budget.failed(start, None);
            assert!(budget.take(start));
        }
        budget.succeeded();
        budget.failed(start, None);
        assert!(budget.take(start), "not in a row");
        budget.failed(start, None);
        budget.failed(start, None);
        assert!(!budget.take(start) && !budget.take(start + 4 * SECOND));
        assert!(budget.take(start + 5 * SECOND));
        // The first failure after it is one too many.
        budget.failed(start + 5 * SECOND, None);
        assert!(!budget.take(start + 6 * SECOND));
    }

    #[test]
    fn partnero_may_ask_for_a_longer_pause_within_bounds() {
        let start = Instant::now();
        let mut budget = Budget::new(10, start);
        budget.failed(start, Some(60 * SECOND));
        assert!(!budget.take(start + 59 * SECOND) && budget.take(start + 60 * SECOND));
        budget.failed(start, Some(Duration::MAX));
        assert!(budget.take(start + LONGEST_QUIET));
    }
}
