//! A rate limit, which Partnero has (D, O) and no source describes.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::time::Instant;

use super::clock::http_date;

/// So many requests in each window; more of them are answered with 429.
///
/// Windows follow each other; the first one begins with the first request. All of this is
/// assumed.
#[derive(Clone, Debug)]
pub struct RateLimit {
    requests: u32,
    window: Duration,
    retry_after: RetryAfter,
}

/// What a 429 says about when to come back. No source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryAfter {
    /// `Retry-After` in seconds, rounded up.
    #[default]
    Seconds,
    /// `Retry-After` as a date, rounded up to a second.
    Date,
    /// No such header.
    Absent,
}

impl RateLimit {
    /// At most this many requests in a window, with `Retry-After` in seconds.
    #[must_use]
    pub fn new(requests: u32, window: Duration) -> Self {
        Self {
            requests,
            window,
            retry_after: RetryAfter::default(),
        }
    }

    /// What a 429 says about when to come back. Default: [`RetryAfter::Seconds`].
    #[must_use]
    pub fn retry_after(mut self, retry_after: RetryAfter) -> Self {
        self.retry_after = retry_after;
        self
    }
}

/// The window that runs.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: RateLimit,
    began: Option<Instant>,
    used: u32,
}

/// One request too many, and the `Retry-After` to send with that.
#[derive(Debug, PartialEq)]
pub(super) struct Exceeded(pub(super) Option<HeaderValue>);

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            began: None,
            used: 0,
        }
    }

    pub(super) fn take(&mut self, now: Instant, wall: SystemTime) -> Result<(), Exceeded> {
        let age = self.began.map(|began| now.saturating_duration_since(began));
        let age = match age {
            Some(age) if age < self.limit.window => age,
            _ => {
                self.began = Some(now);
                self.used = 0;
                Duration::ZERO
            }
        };
        if self.used < self.limit.requests {
            self.used += 1;
            return Ok(());
        }
        let wait = self.limit.window.saturating_sub(age);
        Err(Exceeded(match self.limit.retry_after {
            RetryAfter::Seconds => Some(HeaderValue::from(whole_seconds(wait))),
            RetryAfter::Date => {
                // The header has whole seconds only, and must not send anybody too early.
                let date = wall.checked_add(wait.saturating_add(Duration::from_nanos(999_999_999)));
                date.and_then(|date| HeaderValue::try_from(http_date(date)).ok())
            }
            RetryAfter::Absent => None,
        }))
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_window_without_end_is_one() {
        for form in [RetryAfter::Seconds, RetryAfter::Date, RetryAfter::Absent] {
            let mut limiter = Limiter::new(RateLimit::new(1, Duration::MAX).retry_after(form));
            assert_eq!(limiter.take(Instant::now(), SystemTime::now()), Ok(()));
            assert!(limiter.take(Instant::now(), SystemTime::now()).is_err());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_lets_so_many_in_and_says_when_to_come_back() {
        let now = Instant::now();
        let wall = SystemTime::UNIX_EPOCH;
        let after = |millis| now + Duration::from_millis(millis);
        let window = Duration::from_millis(2_500);
        for (form, header) in [
            (RetryAfter::Seconds, Some("3")),
            (RetryAfter::Date, Some("Thu, 01 Jan 1970 00:00:03 GMT")),
            (RetryAfter::Absent, None),
        ] {
            let mut limiter = Limiter::new(RateLimit::new(2, window).retry_after(form));
            assert_eq!(limiter.take(after(0), wall), Ok(()));
            assert_eq!(limiter.take(after(100), wall), Ok(()));
            let header = header.map(HeaderValue::from_static);
            assert_eq!(limiter.take(after(200), wall), Err(Exceeded(header)));
            assert_eq!(limiter.take(after(2_500), wall), Ok(()));
        }
    }
}
