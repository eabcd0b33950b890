//! When to try again, and when to give up.

use std::time::Duration;

use crate::delivery::outbox::to_millis;

/// The most of one wait that counts towards giving up, or twice the longest wait of our own if that
/// is more. Partnero has asked for a longer one, and nobody tries meanwhile.
const LONGEST_STRETCH: Duration = Duration::from_secs(2 * 60 * 60);
/// The longest `Retry-After` that is obeyed. A longer one is taken for a mistake, which must not stop
/// deliveries for good.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The waits between attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Waits {
    /// How long to wait after this many attempts: the first wait, doubled for each further attempt,
    /// up to the longest. `chance`, from 0 to 1, shortens it by up to a quarter, so that reports that
    /// failed together are not sent again together. It is never less than Partnero asks for.
    pub(super) fn after(&self, ended: i64, asked: Option<Duration>, chance: f64) -> Duration {
        let doublings = u32::try_from(ended.saturating_sub(1).max(0)).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        let full = self.first.saturating_mul(factor).min(self.longest);
        let own = full.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 4.0);
        own.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// For how long Partnero has been answering without taking a report, in milliseconds, when the
    /// next attempt is due, `wait` after this one. `before` is the same when this one was due.
    ///
    /// The waits are added up, and not the times between attempts: while the app is down or the
    /// fleet pauses, an attempt is late and nobody asks Partnero.
    pub(super) fn failing(&self, before: i64, wait: Duration, answered: bool) -> i64 {
        if !answered {
            return before;
        }
        let longest = LONGEST_STRETCH.max(self.longest.saturating_mul(2));
        before.saturating_add(to_millis(wait.min(longest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits = Waits {
            first: 5 * SECOND,
            longest: 3_600 * SECOND,
        };
        for (ended, seconds) in [
            (1, 5),
            (2, 10),
            (3, 20),
            (10, 2_560),
            (11, 3_600),
            (99, 3_600),
        ] {
            assert_eq!(waits.after(ended, None, 0.0), seconds * SECOND, "{ended}");
            let least = (seconds * SECOND).mul_f64(0.75);
            assert_eq!(waits.after(ended, None, 1.0), least, "{ended}");
        }
        assert_eq!(waits.after(i64::MAX, None, 0.0), 3_600 * SECOND);
    }

    #[test]
    fn what_partnero_asks_for_is_not_undercut_by_chance() {
        let waits = Waits {
            first: SECOND,
            longest: 2 * SECOND,
        };
        assert_eq!(waits.after(1, Some(7 * SECOND), 1.0), 7 * SECOND);
        assert_eq!(waits.after(9, Some(SECOND), 0.0), 2 * SECOND);
        let absurd = Some(Duration::from_secs(u64::MAX));
        assert_eq!(waits.after(1, absurd, 0.0), LONGEST_ASKED);
    }

    #[test]
    fn only_time_in_which_partnero_answered_counts() {
        const HOUR: i64 = 3_600_000;
        let waits = |hours: u32| Waits {
            first: SECOND,
            longest: hours * 3_600 * SECOND,
        };
        let hours = |hours: u32| hours * 3_600 * SECOND;
        assert_eq!(waits(1).failing(0, SECOND, true), 1_000);
        assert_eq!(waits(1).failing(HOUR, hours(1), true), 2 * HOUR);
        assert_eq!(waits(1).failing(HOUR, hours(1), false), HOUR);
        assert_eq!(waits(1).failing(i64::MAX, SECOND, true), i64::MAX);
        // Partnero has asked to wait for a week, or the waits are that long.
        assert_eq!(waits(1).failing(0, hours(7 * 24), true), 2 * HOUR);
        assert_eq!(waits(24).failing(0, hours(7 * 24), true), 48 * HOUR);
    }
}
