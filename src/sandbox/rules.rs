//! Which of the injected faults meet a request.

use std::time::Duration;

use http::Method;

use super::fault::{Fault, Outcome};

/// The injected faults, in order, each with its counters.
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
    pub(super) before: Option<Outcome>,
    pub(super) after: Option<Outcome>,
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

    pub(super) fn plan(&mut self, method: &Method, path: &str, body: &[u8]) -> Plan {
        let mut plan = Plan::default();
        for rule in &mut self.0 {
            if !rule.fires(method, path, body) {
                continue;
            }
            let (delay, outcome) = if rule.fault.after_effect {
                (&mut plan.delay_after, &mut plan.after)
            } else {
                (&mut plan.delay_before, &mut plan.before)
            };
            *delay = delay.saturating_add(rule.fault.delay);
            outcome.clone_from(&rule.fault.outcome);
            if rule.fault.outcome.is_some() {
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
    fn a_rule_that_was_forestalled_does_not_count() {
        let mut rules = Rules::default();
        rules.add(Fault::status(429).every(2));
        rules.add(Fault::status(503).every(2));
        assert_eq!(fired(&mut rules, 8), [2, 3, 4, 6, 7, 8]);
    }
}
