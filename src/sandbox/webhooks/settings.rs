//! How webhooks are sent.

use std::time::Duration;

/// How the sandbox sends its webhooks: how often it tries, and what goes wrong on the way.
///
/// Partnero waits 5 seconds for an answer, and tries again with growing pauses
/// (<https://docs.partnero.com/guides/webhooks/outgoing-webhooks>). No source says how often and
/// for how long; the defaults are ours. Webhooks are sent one after the other, in the order of
/// their events, unless [`scatter`](Self::scatter) is set. A webhook that has to be sent again does
/// not hold back those behind it.
#[derive(Clone, Debug)]
#[must_use]
pub struct WebhookDelivery {
    pub(super) timeout: Duration,
    pub(super) backoff: Duration,
    pub(super) attempts: u32,
    pub(super) duplicate_every: Option<u64>,
    pub(super) scatter: Duration,
}

impl WebhookDelivery {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long to wait for an answer. Default: 5 seconds.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// The pause before the second attempt. Each further pause is twice as long. Default: 1 second.
    pub fn backoff(mut self, first: Duration) -> Self {
        self.backoff = first;
        self
    }

    /// How often a webhook is sent at most, if no answer is a 2xx. Default: 5. 0 is taken as 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sends every `n`-th webhook twice, also if the first answer is a 2xx. Default: none. 0 is
    /// taken as 1.
    pub fn duplicate_every(mut self, n: u64) -> Self {
        self.duplicate_every = Some(n.max(1));
        self
    }

    /// Lets each webhook wait for a random part of this time, so that webhooks overtake each other
    /// and several arrive at once. Default: zero.
    pub fn scatter(mut self, time: Duration) -> Self {
        self.scatter = time;
        self
    }

    /// The pause after so many attempts; `None` after the last attempt.
    pub(super) fn pause(&self, attempts: u32) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        Some(self.backoff.saturating_mul(doubled))
    }
}

impl Default for WebhookDelivery {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            backoff: Duration::from_secs(1),
            attempts: 5,
            duplicate_every: None,
            scatter: Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let second = Duration::from_secs(1);
        let settings = WebhookDelivery::new().attempts(4);
        let pauses: Vec<_> = (1..=5).map(|attempts| settings.pause(attempts)).collect();
        let expected = [Some(second), Some(2 * second), Some(4 * second), None, None];
        assert_eq!(pauses, expected);
        let endless = WebhookDelivery::new().attempts(u32::MAX).pause(1_000);
        assert!(endless.is_some_and(|pause| pause > second));
    }
}
