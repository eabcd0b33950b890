//! When failures of single attempts count as an outage of Partnero.
//!
//! One report may make Partnero fail, although Partnero works for all others. So several customers
//! must fail, with no answer between, and then Partnero itself is asked by one cheap call, the
//! probe. Only if that fails too, the fleet pauses.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// For how long a probe that succeeded speaks for Partnero.
const CALM: Duration = Duration::from_secs(60);
/// How often the number of customers doubles who must fail before the next probe.
const MOST_DOUBLINGS: u32 = 5;

/// What failures show. A clone is the same record.
#[derive(Clone, Debug, Default)]
pub(super) struct Outage(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// The customers for whom Partnero has failed since it last answered. Customers are counted, not
    /// failures: a single report that always fails is no outage.
    failed: HashSet<String>,
    is_probing: bool,
    /// When the last probe succeeded, and how many in a row did.
    answered: Option<(Instant, u32)>,
}

/// What is known about the attempt that failed.
pub(super) struct Failure<'a> {
    pub(super) customer: &'a str,
    /// The report has failed before.
    pub(super) is_repeated: bool,
    /// No connection, or a refused API key: that cannot come from the report.
    pub(super) is_certain: bool,
}

impl Outage {
    /// Partnero has answered for some customer.
    pub(super) fn partnero_answers(&self) {
        self.inner().failed.clear();
    }

    /// Partnero has failed. `true` if it has now failed for `enough` customers, and the caller has to
    /// probe it or to pause the fleet; then [`probed`](Self::probed) must follow.
    ///
    /// After a probe that succeeded, a report that has failed before is no sign, and each further
    /// probe needs twice as many new failures: many reports that always fail cost few probes.
    pub(super) fn partnero_fails(&self, failure: &Failure<'_>, enough: usize) -> bool {
        let mut inner = self.inner();
        let doublings = if failure.is_certain {
            0
        } else {
            inner.answered_lately().unwrap_or(0)
        };
        if doublings > 0 && failure.is_repeated {
            return false;
        }
        inner.failed.insert(failure.customer.to_owned());
        let enough = enough.saturating_mul(1 << doublings);
        let is_enough = inner.failed.len() >= enough && !inner.is_probing;
        inner.is_probing |= is_enough;
        is_enough
    }

    /// The result of a probe: whether Partnero has answered it. `None` if the probe was not sent.
    pub(super) fn probed(&self, answered: Option<bool>) {
        let mut inner = self.inner();
        inner.is_probing = false;
        inner.failed.clear();
        let before = inner.answered_lately().unwrap_or(0);
        match answered {
            Some(true) => {
                let doublings = (before + 1).min(MOST_DOUBLINGS);
                inner.answered = Some((Instant::now(), doublings));
            }
            Some(false) => inner.answered = None,
            None => {}
        }
    }

    /// Whether nothing has failed lately. Then a failure is likely to pass within moments, and
    /// another try at once is worth its time.
    pub(super) fn is_calm(&self) -> bool {
        let inner = self.inner();
        inner.failed.is_empty() && inner.answered_lately().is_none()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// How many probes in a row have succeeded, if the last one did so lately.
    fn answered_lately(&self) -> Option<u32> {
        let (at, probes) = self.answered?;
        (at.elapsed() < CALM).then_some(probes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(outage: &Outage, customer: &str) -> bool {
        outage.partnero_fails(&failure(customer), 2)
    }

    fn failure(customer: &str) -> Failure<'_> {
        Failure {
            customer,
            is_repeated: false,
            is_certain: false,
        }
    }

    fn repeated(customer: &str) -> Failure<'_> {
        Failure {
            is_repeated: true,
            ..failure(customer)
        }
    }

    #[test]
    fn one_customer_is_no_outage_and_an_answer_forgets_all() {
        let outage = Outage::default();
        for _ in 0..9 {
            assert!(!fails(&outage, "a"));
        }
        outage.partnero_answers();
        assert!(!fails(&outage, "b"));
        assert!(fails(&outage, "c"));
    }

    #[test]
    fn one_probe_is_made_at_a_time() {
        let outage = Outage::default();
        assert!(!fails(&outage, "a") && fails(&outage, "b"));
        assert!(!fails(&outage, "c"));
        outage.probed(None);
        assert!(!fails(&outage, "c") && fails(&outage, "d"));
    }

    #[test]
    fn a_probe_that_succeeds_makes_the_next_one_rarer() {
        let outage = Outage::default();
        let mut customers = (0..).map(|number: u32| number.to_string());
        let mut until_probe = || {
            let mut count = 1;
            while !fails(&outage, &customers.next().unwrap()) {
                count += 1;
            }
            outage.probed(Some(true));
            count
        };
        let counts: Vec<u32> = (0..7).map(|_| until_probe()).collect();
        assert_eq!(counts, [2, 4, 8, 16, 32, 64, 64]);
        outage.probed(Some(false));
        assert!(!fails(&outage, "a") && fails(&outage, "b"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_before_is_no_sign_for_a_while_after_a_probe() {
        let outage = Outage::default();
        let both_fail = |outage: &Outage| {
            outage.partnero_fails(&repeated("a"), 2) || outage.partnero_fails(&repeated("b"), 2)
        };
        assert!(both_fail(&outage));
        outage.probed(Some(true));
        assert!(!both_fail(&outage));
        tokio::time::advance(CALM / 2).await;
        assert!(!both_fail(&outage) && !outage.is_calm());
        tokio::time::advance(CALM / 2).await;
        assert!(outage.is_calm());
        assert!(both_fail(&outage) && !outage.is_calm());
        // A probe that fails ends the time.
        outage.probed(Some(true));
        outage.probed(Some(false));
        assert!(both_fail(&outage));
    }

    #[test]
    fn what_cannot_come_from_a_report_always_counts() {
        let outage = Outage::default();
        outage.probed(Some(true));
        let certain = |customer| Failure {
            is_certain: true,
            ..repeated(customer)
        };
        assert!(!outage.partnero_fails(&certain("a"), 2));
        assert!(outage.partnero_fails(&certain("b"), 2));
    }
}
