//! What a test can order to go wrong.

use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};

/// One thing that goes wrong, for the requests that its rule names.
///
/// Without limits a fault meets every request to the API, until
/// [`Sandbox::clear_faults`](crate::Sandbox::clear_faults). Limits combine: `.on(…)` and
/// `.mentioning(…)` say which requests count, `.every(n)` picks from those, and `.times(n)` ends it.
///
/// Rules are asked in the order of their injection. A delay alone lets the request go on to the
/// next rule, so that delays add up; the first rule that decides the answer ends the search, and
/// later rules do not count that request.
///
/// All of this is ours; it says nothing about how Partnero fails.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use http::{Method, header::RETRY_AFTER};
/// use tower_partnero::sandbox::Fault;
///
/// // Every 20th request is told to come back in two seconds, ten times in all.
/// let busy = Fault::status(429).header(RETRY_AFTER, 2).every(20).times(10);
///
/// // The next customer is created, and nobody hears of it.
/// let cut = Fault::cut_after().on(Method::POST, "/v1/customers").times(1);
///
/// // Half a second of latency on everything else.
/// let slow = Fault::delay(Duration::from_millis(500));
/// # let _ = (busy, cut, slow);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault happens only after `Sandbox::inject`"]
pub struct Fault {
    pub(super) outcome: Option<Outcome>,
    pub(super) after_effect: bool,
    pub(super) delay: Duration,
    pub(super) method: Option<Method>,
    pub(super) prefix: String,
    pub(super) mention: String,
    pub(super) every: u64,
    pub(super) times: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Answer(CannedAnswer),
    Cut,
    CutInside,
    Hang,
}

#[derive(Clone, Debug)]
pub(super) struct CannedAnswer {
    pub(super) status: StatusCode,
    /// `None`: an error body as the sandbox writes it elsewhere.
    pub(super) body: Option<(String, Option<HeaderValue>)>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Fault {
    fn new(outcome: Option<Outcome>) -> Self {
        Self {
            outcome,
            after_effect: false,
            delay: Duration::ZERO,
            method: None,
            prefix: "/v1".to_owned(),
            mention: String::new(),
            every: 1,
            times: None,
        }
    }

    /// An answer with this status and a JSON error body, instead of any effect.
    ///
    /// What cannot be a final answer's status (outside 200 to 599) becomes 500.
    pub fn status(status: u16) -> Self {
        Self::canned(status, None)
    }

    /// An answer with this status, body and content type, instead of any effect: an HTML page
    /// from a proxy, for example.
    ///
    /// What cannot be a final answer's status (outside 200 to 599) becomes 500; a content type
    /// that cannot stand in a header is left out.
    pub fn answer(status: u16, body: impl Into<String>, content_type: &str) -> Self {
        let content_type = HeaderValue::from_str(content_type).ok();
        Self::canned(status, Some((body.into(), content_type)))
    }

    fn canned(status: u16, body: Option<(String, Option<HeaderValue>)>) -> Self {
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| (200..600).contains(&status.as_u16()))
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(Some(Outcome::Answer(CannedAnswer {
            status,
            body,
            headers: Vec::new(),
        })))
    }

    /// The request waits this long and then goes on. A caller that gives up meanwhile does not
    /// stop it: the effect still comes.
    pub fn delay(delay: Duration) -> Self {
        Self::new(None).delayed(delay)
    }

    /// The connection is cut before the request has any effect.
    pub fn cut_before() -> Self {
        Self::new(Some(Outcome::Cut))
    }

    /// The request has its effect; then the connection is cut without an answer.
    pub fn cut_after() -> Self {
        Self::new(Some(Outcome::Cut)).after_effect()
    }

    /// The request has its effect; then the connection is cut in the middle of the answer's body.
    /// An answer without a body is not sent at all.
    pub fn cut_inside() -> Self {
        Self::new(Some(Outcome::CutInside)).after_effect()
    }

    /// The request has its effect; then no answer comes for as long as the connection lives.
    pub fn hang_after() -> Self {
        Self::new(Some(Outcome::Hang)).after_effect()
    }

    /// Lets the request have its effect first: `Fault::status(503).after_effect()` is the 5xx
    /// that hides a success. A delay comes after the effect, too.
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// Adds a delay to a fault of another kind.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds a header to the answer; a fault that gives no answer has no use for it.
    pub fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        if let Some(Outcome::Answer(answer)) = &mut self.outcome {
            answer.headers.push((name, value.into()));
        }
        self
    }

    /// Only requests with this method whose path begins like this, as `/v1/customers`. The path
    /// is compared as it was sent, percent-encoded and without its query.
    pub fn on(mut self, method: Method, prefix: impl Into<String>) -> Self {
        self.method = Some(method);
        self.on_path(prefix)
    }

    /// As [`on`](Self::on), for every method.
    pub fn on_path(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Only requests with this text in their path or body, as they were sent: one customer, or
    /// one order, that always fails.
    pub fn mentioning(mut self, text: impl Into<String>) -> Self {
        self.mention = text.into();
        self
    }

    /// Only every `n`-th of the requests that match: with 3, the third, the sixth and so on.
    /// Default: 1. 0 is taken as 1.
    pub fn every(mut self, n: u64) -> Self {
        self.every = n.max(1);
        self
    }

    /// Only the first `n` times. Default: without end.
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }
}
