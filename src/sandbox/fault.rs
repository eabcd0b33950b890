//! What a test can order to go wrong, and which requests the injected faults meet.

use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{Method, StatusCode};

/// One thing that goes wrong, and the requests that it happens to.
///
/// Without limits a fault happens to every request to the API, until
/// [`Sandbox::clear_faults`](crate::Sandbox::clear_faults). Limits combine: [`on`](Self::on) and
/// [`mentioning`](Self::mentioning) say which requests match, [`every`](Self::every) picks some of
/// the matching requests, and [`times`](Self::times) ends the fault after so many of them.
///
/// For each request, the sandbox goes through the faults in the order in which they were injected.
/// A delay alone does not end this search, so that the delays of several faults add up. The first
/// fault that decides the answer ends the search, and the faults behind it do not count the
/// request.
///
/// The faults say nothing about how Partnero itself fails: no source describes that.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use http::{Method, header::RETRY_AFTER};
/// use tower_partnero::sandbox::Fault;
///
/// // Every 20th request, ten times in all, is answered with 429 and "come back in 2 seconds".
/// let busy = Fault::status(429).header(RETRY_AFTER, 2).every(20).times(10);
///
/// // The next customer is created, but the caller gets no answer.
/// let cut = Fault::cut_after().on(Method::POST, "/v1/customers").times(1);
///
/// // Half a second of latency on everything else.
/// let slow = Fault::delay(Duration::from_millis(500));
/// # let _ = (busy, cut, slow);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault happens only after `Sandbox::inject`"]
pub struct Fault {
    kind: Option<FaultKind>,
    after_effect: bool,
    delay: Duration,
    method: Option<Method>,
    prefix: String,
    mention: String,
    every: u64,
    times: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) enum FaultKind {
    Answer(CannedAnswer),
    Cut,
    CutInside,
    Hang,
}

#[derive(Clone, Debug)]
pub(super) struct CannedAnswer {
    pub(super) status: StatusCode,
    /// Text and content type; `None` for the usual JSON error body.
    pub(super) body: Option<(String, Option<HeaderValue>)>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Fault {
    fn new(kind: Option<FaultKind>) -> Self {
        Self {
            kind,
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
    /// A status outside 200 to 599 becomes 500.
    pub fn status(status: u16) -> Self {
        Self::canned(status, None)
    }

    /// An answer with this status, body and content type, instead of any effect: an HTML page
    /// from a proxy, for example.
    ///
    /// A status outside 200 to 599 becomes 500; a content type that cannot stand in a header is
    /// left out.
    pub fn answer(status: u16, body: impl Into<String>, content_type: &str) -> Self {
        let content_type = HeaderValue::from_str(content_type).ok();
        Self::canned(status, Some((body.into(), content_type)))
    }

    fn canned(status: u16, body: Option<(String, Option<HeaderValue>)>) -> Self {
        let status = StatusCode::from_u16(status)
            .ok()
            // A status below 200 is no final answer (RFC 9110, section 15.2).
            .filter(|status| (200..600).contains(&status.as_u16()))
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(Some(FaultKind::Answer(CannedAnswer {
            status,
            body,
            headers: Vec::new(),
        })))
    }

    /// The request waits this long and then goes on. If the caller gives up meanwhile, the request
    /// still has its effect.
    pub fn delay(delay: Duration) -> Self {
        Self::new(None).delayed(delay)
    }

    /// The connection is cut before the request has any effect.
    pub fn cut_before() -> Self {
        Self::new(Some(FaultKind::Cut))
    }

    /// The request has its effect; then the connection is cut without an answer.
    pub fn cut_after() -> Self {
        Self::new(Some(FaultKind::Cut)).after_effect()
    }

    /// The request has its effect; then the connection is cut in the middle of the answer's body.
    /// An answer without a body is not sent at all.
    pub fn cut_inside() -> Self {
        Self::new(Some(FaultKind::CutInside)).after_effect()
    }

    /// The request has its effect; then no answer comes for as long as the connection lives.
    pub fn hang_after() -> Self {
        Self::new(Some(FaultKind::Hang)).after_effect()
    }

    /// Lets the request have its effect first: with `Fault::status(503).after_effect()` the caller
    /// gets an error although the request succeeded. A delay then comes after the effect, too.
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// Adds a delay to a fault of another kind.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds a header to the answer. Does nothing to a fault that gives no answer.
    pub fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        if let Some(FaultKind::Answer(answer)) = &mut self.kind {
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

    /// Only requests with this text in their path or body, compared as it was sent. This makes
    /// the requests about one customer, or about one order, fail.
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

    /// Only the first `n` times. Default: every time.
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }
}

/// The injected faults in their order, each with its counters.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    fault: Fault,
    matched: u64,
    fired: u64,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) delay_before: Duration,
    pub(super) delay_after: Duration,
    pub(super) before: Option<FaultKind>,
    pub(super) after: Option<FaultKind>,
}

impl Rules {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(Rule {
            fault,
            matched: 0,
            fired: 0,
        });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts the request, and says what the faults do to it.
    pub(super) fn plan(&mut self, method: &Method, path: &str, body: &[u8]) -> Plan {
        let mut plan = Plan::default();
        for rule in &mut self.0 {
            if !rule.fires(method, path, body) {
                continue;
            }
            let (delay, kind) = if rule.fault.after_effect {
                (&mut plan.delay_after, &mut plan.after)
            } else {
                (&mut plan.delay_before, &mut plan.before)
            };
            *delay = delay.saturating_add(rule.fault.delay);
            kind.clone_from(&rule.fault.kind);
            if rule.fault.kind.is_some() {
                break;
            }
        }
        plan
    }
}

impl Rule {
    fn fires(&mut self, method: &Method, path: &str, body: &[u8]) -> bool {
        let fault = &self.fault;
        let matches = fault.method.as_ref().is_none_or(|wanted| wanted == method)
            && path.starts_with(&fault.prefix)
            && (contains(path.as_bytes(), &fault.mention) || contains(body, &fault.mention))
            && fault.times.is_none_or(|times| self.fired < times);
        if !matches {
            return false;
        }
        // Only now: a fault that is used up counts no further requests.
        self.matched += 1;
        let fires = self.matched.is_multiple_of(fault.every);
        self.fired += u64::from(fires);
        fires
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(rules: &mut Rules, requests: usize) -> Vec<usize> {
        (1..=requests)
            .filter(|_| rules.plan(&Method::GET, "/v1/test", b"").before.is_some())
            .collect()
    }

    #[test]
    fn every_and_times_limit_a_rule() {
        let mut rules = Rules::default();
        rules.add(Fault::status(500).every(3).times(2));
        assert_eq!(fired(&mut rules, 12), [3, 6]);
    }

    #[test]
    fn method_and_prefix_say_what_counts() {
        let mut rules = Rules::default();
        rules.add(Fault::status(500).on(Method::POST, "/v1/test"));
        assert_eq!(fired(&mut rules, 2), [0; 0]);
        let plan = rules.plan(&Method::POST, "/v1/test/deeper", b"");
        assert!(plan.before.is_some());
    }

    #[test]
    fn a_rule_can_be_for_one_order() {
        let mut rules = Rules::default();
        rules.add(Fault::status(500).mentioning("order-7"));
        let mut meets = |path, body: &str| {
            let plan = rules.plan(&Method::POST, path, body.as_bytes());
            plan.before.is_some()
        };
        assert!(meets("/v1/transactions", r#"{"key":"order-7"}"#));
        assert!(meets("/v1/transactions/order-7", ""));
        assert!(!meets("/v1/transactions", r#"{"key":"order-8"}"#));
    }

    #[test]
    fn delays_add_up_until_a_rule_decides() {
        let second = Duration::from_secs(1);
        let mut rules = Rules::default();
        rules.add(Fault::delay(second));
        rules.add(Fault::delay(second));
        rules.add(Fault::cut_after().delayed(second));
        rules.add(Fault::status(500).times(1));
        let plan = rules.plan(&Method::GET, "/v1", b"");
        assert_eq!(plan.delay_before, 2 * second);
        assert_eq!(plan.delay_after, second);
        assert!(plan.before.is_none() && plan.after.is_some());
    }

    #[test]
    fn a_rule_behind_the_deciding_one_does_not_count_the_request() {
        let mut rules = Rules::default();
        rules.add(Fault::status(429).every(2));
        rules.add(Fault::status(503).every(2));
        assert_eq!(fired(&mut rules, 8), [2, 3, 4, 6, 7, 8]);
    }
}
