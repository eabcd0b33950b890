//! Whether the database's clock has jumped forward.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::delivery::outbox::millis;

/// A clock that gains less than this between two looks has been set right, and has not jumped.
const SLACK: Duration = Duration::from_secs(1);

/// The database's clock, as this process has seen it.
///
/// Waits stand in the table as times of the database. If its clock jumps forward, a wait is over too
/// early. So the worker compares the time between two claims by that clock and by its own.
#[derive(Debug, Default)]
pub(super) struct DatabaseClock(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    /// What the clock said last, and when the database was asked.
    last: (Instant, i64),
    /// When the clock was seen for the first time, or when its last jump was noticed.
    steady_since: Instant,
}

impl DatabaseClock {
    /// The database was asked at `asked`, has just answered, and its clock says `now`.
    pub(super) fn says(&self, asked: Instant, now: i64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = Instant::now();
        let steady_since = match &*seen {
            // From question to answer: a database that answers late has not jumped.
            Some(Seen {
                last: (before, then),
                steady_since,
            }) if millis(now.saturating_sub(*then)) <= answered - *before + SLACK => *steady_since,
            _ => answered,
        };
        *seen = Some(Seen {
            last: (asked, now),
            steady_since,
        });
    }

    /// For how long the clock has not jumped, as far as this process knows: a jump before its first
    /// look would not have been noticed.
    pub(super) fn steady_for(&self) -> Duration {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref()
            .map_or(Duration::ZERO, |seen| seen.steady_since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    async fn pass(time: Duration) -> Instant {
        tokio::time::advance(time).await;
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_goes_on_has_not_jumped() {
        let clock = DatabaseClock::default();
        assert_eq!(clock.steady_for(), Duration::ZERO);
        clock.says(Instant::now(), 7);
        assert_eq!(clock.steady_for(), Duration::ZERO);
        clock.says(pass(MINUTE).await, 60_007);
        // The first answer was late, and so is this one.
        let asked = Instant::now();
        pass(MINUTE).await;
        clock.says(asked, 120_007);
        assert_eq!(clock.steady_for(), 2 * MINUTE);
        // It is set back, and set right by as much as is no jump.
        clock.says(Instant::now(), 0);
        clock.says(Instant::now(), 1_000);
        assert_eq!(clock.steady_for(), 2 * MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_gains_a_minute_has_jumped() {
        let clock = DatabaseClock::default();
        clock.says(Instant::now(), 7);
        clock.says(pass(MINUTE).await, 120_007);
        assert_eq!(clock.steady_for(), Duration::ZERO);
        clock.says(pass(MINUTE).await, 180_007);
        assert_eq!(clock.steady_for(), MINUTE);
    }
}
