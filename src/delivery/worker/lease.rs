//! Leases: a name for each claim, and an end for each attempt.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::random::Random;

/// Gives each claim a name of its own, the owner of its leases. If this worker claims a row again
/// whose last lease has run out, a late result of the last lease then does not touch the row.
pub(super) struct Owner {
    worker: String,
    claims: AtomicU64,
}

impl Owner {
    pub(super) fn new(random: &Random) -> Self {
        Self {
            worker: format!("{}-{:016x}", std::process::id(), random.bits()),
            claims: AtomicU64::new(0),
        }
    }

    pub(super) fn next_claim(&self) -> Arc<str> {
        let claim = self.claims.fetch_add(1, Ordering::Relaxed);
        format!("{}-{claim}", self.worker).into()
    }
}

/// Ends an attempt when its lease ends; the answer is then `None`.
///
/// The clock is read before every step: a process that was stopped and is woken after the lease
/// takes no further step, even if the alarm has not rung yet.
#[pin_project]
pub(super) struct WithinLease<F> {
    #[pin]
    attempt: F,
    #[pin]
    alarm: Sleep,
    end: Instant,
}

impl<F> WithinLease<F> {
    pub(super) fn new(attempt: F, claimed: Instant, lease: Duration) -> Self {
        // The lease has begun later, by the database's clock; so it does not end before this.
        let end = claimed + lease;
        Self {
            attempt,
            alarm: sleep_until(end),
            end,
        }
    }
}

impl<F: Future> Future for WithinLease<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if Instant::now() >= *this.end || this.alarm.poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        this.attempt.poll(cx).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_claims_have_one_name() {
        let (one, other) = (Owner::new(&Random::new()), Owner::new(&Random::new()));
        let names = [one.next_claim(), one.next_claim(), other.next_claim()];
        assert!(names[0] != names[1] && names[0] != names[2]);
        let process = format!("{}-", std::process::id());
        assert!(names.iter().all(|name| name.starts_with(&process)));
    }

    const LEASE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn an_attempt_in_time_ends_by_itself() {
        let attempt = tokio::time::sleep(LEASE / 2);
        assert!(
            WithinLease::new(attempt, Instant::now(), LEASE)
                .await
                .is_some()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_takes_too_long_is_ended() {
        let started = Instant::now();
        let attempt = std::future::pending::<()>();
        assert!(WithinLease::new(attempt, started, LEASE).await.is_none());
        assert_eq!(started.elapsed(), LEASE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_after_the_lease_does_not_even_begin() {
        let claimed = Instant::now();
        tokio::time::advance(LEASE).await;
        let attempt = async { panic!("it was begun") };
        assert!(
            WithinLease::<_>::new(attempt, claimed, LEASE)
                .await
                .is_none()
        );
    }

    #[tokio::test]
    async fn a_process_that_stood_still_goes_no_step_further() {
        use std::cell::Cell;
        use std::task::Waker;

        const SHORT: Duration = Duration::from_millis(20);
        let steps = Cell::new(0);
        let attempt = std::future::poll_fn(|_| {
            steps.set(steps.get() + 1);
            Poll::<()>::Pending
        });
        let mut guarded = std::pin::pin!(WithinLease::new(attempt, Instant::now(), SHORT));
        let mut context = Context::from_waker(Waker::noop());
        assert!(guarded.as_mut().poll(&mut context).is_pending());
        // The whole thread stands still, and with it the timer that would ring the alarm.
        std::thread::sleep(2 * SHORT);
        assert!(guarded.as_mut().poll(&mut context).is_ready());
        assert_eq!(steps.get(), 1);
    }
}
