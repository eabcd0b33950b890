//! At most so many calls in so much time, shared by every clone.
//!
//! Tower's own rate limit counts for each service by itself and cannot be cloned.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Request;
use pin_project::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower::util::Oneshot;
use tower_layer::Layer;
use tower_service::Service;

use super::failure::Failure;
use super::progress::Progress;
use super::service::BoxError;
use crate::client::body::Body;
use crate::client::kind::ErrorKind;

/// `calls` in any stretch of time as long as `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) calls: u32,
    pub(crate) per: Duration,
}

#[derive(Clone, Debug)]
pub(super) struct RateLimitLayer {
    window: Option<Arc<Mutex<Window>>>,
}

impl RateLimitLayer {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        let window = |rate| Arc::new(Mutex::new(Window::new(rate)));
        Self {
            window: rate.map(window),
        }
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit {
            inner,
            window: self.window.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct RateLimit<S> {
    inner: S,
    window: Option<Arc<Mutex<Window>>>,
}

impl<S> Service<Request<Body>> for RateLimit<S>
where
    S: Service<Request<Body>, Error = BoxError> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = RateLimitFuture<S>;

    /// Always ready: when a turn comes, the call is told, which knows its deadline.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let now = Instant::now();
        let expires = request.extensions().get().map(Progress::expires);
        let turn = match &self.window {
            // A panic elsewhere leaves the window as good as it was.
            Some(window) => window
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take_turn(now, expires),
            None => Some(now),
        };
        let service = self.inner.clone();
        match turn {
            Some(turn) if turn <= now => RateLimitFuture::Calling(Oneshot::new(service, request)),
            Some(turn) => RateLimitFuture::Waiting(sleep_until(turn), Some((service, request))),
            None => RateLimitFuture::Refused,
        }
    }
}

#[pin_project(project = FutureProjection)]
#[derive(Debug)]
pub(crate) enum RateLimitFuture<S: Service<Request<Body>>> {
    Waiting(#[pin] Sleep, Option<(S, Request<Body>)>),
    Calling(#[pin] Oneshot<S, Request<Body>>),
    Refused,
}

impl<S> Future for RateLimitFuture<S>
where
    S: Service<Request<Body>, Error = BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project() {
                FutureProjection::Waiting(turn, call) => {
                    ready!(turn.poll(cx));
                    call.take()
                        .map(|(service, request)| Oneshot::new(service, request))
                }
                FutureProjection::Calling(call) => return call.poll(cx),
                FutureProjection::Refused => None,
            };
            match next {
                Some(call) => self.set(Self::Calling(call)),
                None => return Poll::Ready(Err(Failure::new(ErrorKind::Busy).into())),
            }
        }
    }
}

/// The turns of the last `rate.calls` calls, the oldest first; some lie in the future.
#[derive(Debug)]
struct Window {
    rate: Rate,
    turns: VecDeque<Instant>,
}

impl Window {
    fn new(rate: Rate) -> Self {
        Self {
            rate,
            turns: VecDeque::new(),
        }
    }

    /// When a call may go; `None`, and no turn taken, if that is after it `expires`.
    fn take_turn(&mut self, now: Instant, expires: Option<Instant>) -> Option<Instant> {
        let is_full = self.turns.len() >= self.rate.calls as usize;
        let turn = match self.turns.front() {
            Some(oldest) if is_full => oldest.checked_add(self.rate.per)?.max(now),
            _ => now,
        };
        if expires.is_some_and(|expires| turn >= expires) {
            return None;
        }
        if is_full {
            self.turns.pop_front();
        }
        self.turns.push_back(turn);
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn window(calls: u32, per: Duration) -> Window {
        Window::new(Rate { calls, per })
    }

    #[test]
    fn no_stretch_of_time_holds_more_calls_than_allowed() {
        let start = Instant::now();
        let mut window = window(3, 100 * MS);
        let arrivals = [0, 0, 0, 0, 50, 120, 121, 122, 500, 500, 500, 500];
        let turns: Vec<u128> = arrivals
            .iter()
            .map(|at| window.take_turn(start + *at * MS, None).unwrap() - start)
            .map(|turn| turn.as_millis())
            .collect();
        assert_eq!(
            turns,
            [0, 0, 0, 100, 100, 120, 200, 200, 500, 500, 500, 600]
        );
    }

    #[test]
    fn a_call_that_would_come_too_late_takes_no_turn() {
        let start = Instant::now();
        let mut window = window(1, 100 * MS);
        let soon = Some(start + 50 * MS);
        assert_eq!(window.take_turn(start, soon), Some(start));
        assert_eq!(window.take_turn(start, soon), None);
        assert_eq!(window.take_turn(start, None), Some(start + 100 * MS));
    }
}
