//! Nothing is sent after the lease.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

/// Lets an attempt run until its lease ends, by a clock that runs on while the process stands
/// still: woken too late, the attempt is not asked to go on even once.
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
        // The database's clock started the lease after `claimed` was read.
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
