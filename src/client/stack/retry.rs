//! Whether a failed attempt is followed by another one, and when.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use tokio::time::{Instant, Sleep, sleep_until};
use tower::retry::Policy;
use tower::retry::backoff::{Backoff, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff};
use tower::retry::budget::{Budget, TpsBudget};

use super::failure;

use super::progress::Progress;
use super::service::BoxError;
use crate::client::answer;
use crate::client::body::Body;
use crate::client::kind::ErrorKind;
use crate::client::limits::Limits;
use crate::client::retry_after::retry_after;
use crate::error::ConfigError;
use crate::random::Random;

/// How long a successful call counts towards the budget, and how many retries it allows: tower's
/// own defaults.
const BUDGET_TTL: Duration = Duration::from_secs(10);
const BUDGET_SHARE: f32 = 0.2;

/// Chance makes a delay longer by up to this share of it.
const JITTER: f64 = 1.0;

/// The policy of one client. Each call has a clone of its own; all clones share the budget.
#[derive(Clone, Debug)]
pub(crate) struct RetryPolicy {
    left: u32,
    backoff: ExponentialBackoff<Random>,
    budget: Arc<TpsBudget>,
}

impl RetryPolicy {
    pub(super) fn new(limits: &Limits) -> Result<Self, ConfigError> {
        Self::with_random(limits, Random::new())
    }

    fn with_random(limits: &Limits, random: Random) -> Result<Self, ConfigError> {
        let (first, longest) = (limits.retry_delay, limits.longest_retry_delay);
        let mut backoff = ExponentialBackoffMaker::new(first, longest, JITTER, random)
            .map_err(|error| ConfigError::new("retry_delay", error.to_string()))?;
        Ok(Self {
            left: limits.retries,
            backoff: backoff.make_backoff(),
            budget: Arc::new(TpsBudget::new(
                BUDGET_TTL,
                limits.retry_budget,
                BUDGET_SHARE,
            )),
        })
    }
}

impl Policy<Request<Body>, Response<Body>, BoxError> for RetryPolicy {
    type Future = Sleep;

    fn retry(
        &mut self,
        request: &mut Request<Body>,
        result: &mut Result<Response<Body>, BoxError>,
    ) -> Option<Self::Future> {
        let Some(kind) = trouble(result) else {
            // A call that this client refused itself says nothing about Partnero.
            if result.is_ok() {
                self.budget.deposit();
            }
            return None;
        };
        let progress = request.extensions().get::<Progress>()?;
        if self.left == 0 || !may_repeat(kind, progress.call().repeatable) {
            return None;
        }
        if let Some(gate) = progress.gate()
            && (kind == ErrorKind::RateLimited || !gate.allows_retries())
        {
            return None;
        }
        let asked = match result {
            Ok(answer) => retry_after(answer.headers(), SystemTime::now()),
            Err(_) => None,
        };
        let own = self.backoff.next_backoff().deadline();
        let next = next_attempt(own, Instant::now(), asked, progress.expires())?;
        // Asked last, because what was withdrawn cannot be given back.
        if !self.budget.withdraw() {
            return None;
        }
        self.left -= 1;
        progress.wait();
        #[cfg(feature = "tracing")]
        tracing::debug!(
            method = %progress.call().method,
            endpoint = &*progress.call().endpoint,
            attempts = progress.attempts(),
            ended = ?kind,
            wait = ?next.saturating_duration_since(Instant::now()),
            "call to partnero is tried again"
        );
        Some(sleep_until(next))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        (self.left > 0).then(|| request.clone())
    }
}

/// How an attempt ended, if another one could help. An attempt that Partnero understood and refused
/// gives `None`: Partnero would refuse it again.
fn trouble(result: &Result<Response<Body>, BoxError>) -> Option<ErrorKind> {
    let kind = match result {
        Ok(answer) => answer::kind_of(answer.status())?,
        Err(error) => failure::kind_of(error.as_ref()),
    };
    let is_trouble = matches!(
        kind,
        ErrorKind::Connect
            | ErrorKind::RateLimited
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::Server
    );
    is_trouble.then_some(kind)
}

/// Without a connection, and after a 429, nothing happened at Partnero. After any other
/// failure the call may have had its effect.
fn may_repeat(kind: ErrorKind, repeatable: bool) -> bool {
    matches!(kind, ErrorKind::Connect | ErrorKind::RateLimited) || repeatable
}

/// When to try again: after the longer one of our own delay and the delay that Partnero asks for;
/// `None` if the call's deadline comes first.
fn next_attempt(
    own: Instant,
    now: Instant,
    asked: Option<Duration>,
    expires: Instant,
) -> Option<Instant> {
    let asked = match asked {
        Some(asked) => now.checked_add(asked)?,
        None => now,
    };
    Some(own.max(asked)).filter(|next| *next < expires)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::gate::{Answer, Gate};
    use crate::client::stack::Failure;
    use crate::client::summary::CallSummary;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_may_have_happened_is_repeated_only_where_that_does_no_harm() {
        for kind in [ErrorKind::Connect, ErrorKind::RateLimited] {
            assert!(
                may_repeat(kind, false) && may_repeat(kind, true),
                "{kind:?}"
            );
        }
        for kind in [
            ErrorKind::Timeout,
            ErrorKind::Interrupted,
            ErrorKind::Server,
        ] {
            assert!(
                !may_repeat(kind, false) && may_repeat(kind, true),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn an_answer_that_was_understood_is_no_trouble() {
        for (status, expected) in [
            (200, None),
            (302, None),
            (400, None),
            (404, None),
            (409, None),
            (422, None),
            (408, Some(ErrorKind::Server)),
            (429, Some(ErrorKind::RateLimited)),
            (500, Some(ErrorKind::Server)),
            (503, Some(ErrorKind::Server)),
        ] {
            let mut answer = Response::new(Body::default());
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
            assert_eq!(trouble(&Ok(answer)), expected, "{status}");
        }
        assert_eq!(trouble(&Err("odd".into())), Some(ErrorKind::Interrupted));
    }

    #[test]
    fn the_longer_delay_counts_and_the_deadline_above_both() {
        let now = Instant::now();
        let own = now + 100 * MS;
        let expires = now + 1000 * MS;
        let next = |asked| next_attempt(own, now, asked, expires);
        assert_eq!(next(None), Some(own));
        assert_eq!(next(Some(Duration::ZERO)), Some(own));
        assert_eq!(next(Some(500 * MS)), Some(now + 500 * MS));
        assert_eq!(next(Some(1000 * MS)), None);
        assert_eq!(next(Some(Duration::MAX)), None);
        assert_eq!(next_attempt(expires, now, None, expires), None);
    }

    #[derive(Debug)]
    struct Open {
        allows_retries: bool,
    }

    impl Gate for Open {
        fn lets_pass(&self) -> Answer<bool> {
            Box::pin(std::future::ready(true))
        }

        fn allows_retries(&self) -> bool {
            self.allows_retries
        }

        fn latest(&self) -> Option<Instant> {
            None
        }

        fn shut(&self, _: Option<Duration>) -> Answer<()> {
            Box::pin(std::future::ready(()))
        }
    }

    fn request(gate: Option<Arc<dyn Gate>>) -> Request<Body> {
        let mut request = Request::new(Body::default());
        let call = CallSummary::create_customer();
        let expires = Instant::now() + Duration::from_secs(60);
        let progress = Progress::new(call, expires, gate);
        request.extensions_mut().insert(progress);
        request
    }

    /// After a 429 the worker pauses all deliveries together, so the call does not wait and repeat by
    /// itself.
    #[tokio::test(start_paused = true)]
    async fn a_call_that_passes_a_gate_does_not_repeat_a_429() {
        let gate = |allows_retries| Some(Arc::new(Open { allows_retries }) as Arc<dyn Gate>);
        for (status, gate, expected) in [
            (429, None, true),
            (429, gate(true), false),
            (503, gate(true), true),
            (503, gate(false), false),
        ] {
            let mut policy = RetryPolicy::new(&Limits::default()).unwrap();
            let mut answer = Response::new(Body::default());
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
            let wait = policy.retry(&mut request(gate), &mut Ok(answer));
            assert_eq!(wait.is_some(), expected, "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_is_earned_by_answers_alone() {
        let may_retry_after = |earlier: fn() -> Result<Response<Body>, BoxError>| {
            let limits = Limits {
                retry_budget: 0,
                ..Limits::default()
            };
            let mut policy = RetryPolicy::new(&limits).unwrap();
            let mut request = request(None);
            for _ in 0..9 {
                assert!(policy.retry(&mut request, &mut earlier()).is_none());
            }
            policy.retry(&mut request, &mut Err("cut".into())).is_some()
        };
        assert!(may_retry_after(|| Ok(Response::new(Body::default()))));
        assert!(!may_retry_after(|| Err(
            Failure::new(ErrorKind::Busy).into()
        )));
    }

    #[tokio::test(start_paused = true)]
    async fn delays_double_with_a_chance_that_a_seed_repeats() {
        let limits = Limits {
            retry_delay: 100 * MS,
            longest_retry_delay: 350 * MS,
            ..Limits::default()
        };
        let delays = |seed| {
            let policy = RetryPolicy::with_random(&limits, Random::seeded(seed)).unwrap();
            let mut backoff = policy.backoff.clone();
            let now = Instant::now();
            std::array::from_fn(|_| backoff.next_backoff().deadline() - now)
        };
        let drawn: [Duration; 4] = delays(1);
        assert_eq!(drawn, delays(1));
        assert_ne!(drawn, delays(2));
        assert!((100 * MS..200 * MS).contains(&drawn[0]), "{drawn:?}");
        assert!((200 * MS..=350 * MS).contains(&drawn[1]), "{drawn:?}");
        assert_eq!(drawn[2..], [350 * MS; 2]);
    }
}
