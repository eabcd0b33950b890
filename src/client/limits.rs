//! The numbers of a client, their defaults, and which numbers are refused.

use std::time::Duration;

use crate::error::ConfigError;

/// Far below the most that tower's semaphore takes, above which it would panic.
const MOST_AT_ONCE: usize = 10_000;
const MOST_RETRIES: u32 = 10;

#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) retries: u32,
    pub(super) retry_delay: Duration,
    pub(super) longest_retry_delay: Duration,
    /// Retries a second, beside those that successful calls allow.
    pub(super) retry_budget: u32,
    pub(super) concurrency: usize,
    pub(super) largest_answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(30),
            retries: 2,
            retry_delay: Duration::from_millis(100),
            longest_retry_delay: Duration::from_secs(2),
            retry_budget: 10,
            concurrency: 32,
            largest_answer: 1024 * 1024,
        }
    }
}

impl Limits {
    /// The most values in one answer. Real ones take about 30 bytes each.
    pub(super) fn most_values(&self) -> usize {
        self.largest_answer / 16
    }

    /// The most bytes of all pages of a list that is collected.
    pub(super) fn largest_list(&self) -> usize {
        self.largest_answer.saturating_mul(4)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (setting, duration) in [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
            ("deadline", self.deadline),
        ] {
            if duration.is_zero() {
                return Err(ConfigError::new(
                    setting,
                    "zero ends every call before it begins: write some seconds",
                ));
            }
        }
        let within = |setting, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            let advice = format!("{value} is out of bounds: write {least} to {most}");
            Err(ConfigError::new(setting, advice))
        };
        within("retries", self.retries as usize, 0, MOST_RETRIES as usize)?;
        within("retry_budget", self.retry_budget as usize, 0, 1_000)?;
        within("concurrency", self.concurrency, 1, MOST_AT_ONCE)?;
        within("largest_answer", self.largest_answer, 1_024, 1 << 30)?;
        // Without any delay, a server that fails would get all attempts in one moment.
        if self.longest_retry_delay < self.retry_delay || self.longest_retry_delay.is_zero() {
            return Err(ConfigError::new(
                "longest_retry_delay",
                "the longest delay is shorter than the first, or zero: write at least `retry_delay`",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_cannot_work_is_named() {
        let refused = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            limits.check().unwrap_err().setting()
        };
        assert_eq!(refused(|it| it.timeout = Duration::ZERO), "timeout");
        assert_eq!(
            refused(|it| it.connect_timeout = Duration::ZERO),
            "connect_timeout"
        );
        assert_eq!(refused(|it| it.deadline = Duration::ZERO), "deadline");
        assert_eq!(refused(|it| it.retries = 11), "retries");
        assert_eq!(refused(|it| it.retry_budget = u32::MAX), "retry_budget");
        assert_eq!(refused(|it| it.concurrency = 0), "concurrency");
        assert_eq!(refused(|it| it.concurrency = usize::MAX), "concurrency");
        assert_eq!(refused(|it| it.largest_answer = 0), "largest_answer");
        assert_eq!(
            refused(|it| it.longest_retry_delay = Duration::ZERO),
            "longest_retry_delay"
        );
        assert!(Limits::default().check().is_ok());
    }
}
