//! When to try again, and when no more.

use std::time::Duration;

/// The longest stretch between two attempts that counts towards giving up: time in which nobody
/// tried, because the app was down or the fleet paused, is not time in which Partnero answered.
const LONGEST_STRETCH: i64 = 2 * 60 * 60 * 1_000;

/// The waits between attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) first: Duration,
    pub(super) longest: Duration,
}

impl Waits {
    /// How long to wait after `ended` attempts, the last one included: the first wait, doubled for
    /// each further attempt, up to the longest; chance, from 0 to 1, takes up to a quarter off.
    /// What Partnero asks for is never undercut.
    pub(super) fn after(&self, ended: i64, asked: Option<Duration>, chance: f64) -> Duration {
        let doublings = u32::try_from(ended.saturating_sub(1).max(0)).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        let full = self.first.saturating_mul(factor).min(self.longest);
        let own = full.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 4.0);
        own.max(asked.unwrap_or_default())
    }
}

/// For how long Partnero has been answering without taking a report, in milliseconds, once
/// another attempt has ended.
pub(super) fn failing(before: i64, tried_at: Option<i64>, now: i64, answered: bool) -> i64 {
    match tried_at {
        Some(tried_at) if answered => {
            before.saturating_add((now - tried_at).clamp(0, LONGEST_STRETCH))
        }
        _ => before,
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
    }

    #[test]
    fn only_time_in_which_partnero_answered_counts() {
        const HOUR: i64 = 3_600_000;
        assert_eq!(failing(0, None, 9 * HOUR, true), 0);
        assert_eq!(failing(HOUR, Some(2 * HOUR), 3 * HOUR, true), 2 * HOUR);
        assert_eq!(failing(HOUR, Some(2 * HOUR), 3 * HOUR, false), HOUR);
        // The app was down for a week.
        assert_eq!(failing(0, Some(0), 7 * 24 * HOUR, true), LONGEST_STRETCH);
        assert_eq!(failing(5, Some(9), 3, true), 5);
    }
}
