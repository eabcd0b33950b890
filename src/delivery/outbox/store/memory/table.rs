//! All rows: who is next, and who waits for whom.

use std::collections::BTreeMap;

use super::gate::Gate;
use super::now;
use super::row::{Row, State};
use crate::delivery::outbox::store::{Announced, Check, Op, Written};
use crate::delivery::report::ReportKind;

#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: BTreeMap<i64, Row>,
    pub(super) last_id: i64,
    pub(super) gate: Gate,
}

impl Table {
    pub(super) fn heads(&self, now: i64, limit: i64) -> Vec<i64> {
        let mut ready: Vec<&Row> = self.rows.values().collect();
        ready.retain(|row| row.state.is_live() && row.due_at <= now && self.is_head(row));
        ready.sort_by_key(|row| (row.due_at, row.claimed.id));
        ready.truncate(usize::try_from(limit).unwrap_or(0));
        ready.iter().map(|row| row.claimed.id).collect()
    }

    fn is_head(&self, row: &Row) -> bool {
        let mut earlier = self.rows.range(..row.claimed.id);
        row.claimed.kind == ReportKind::Customer
            || !earlier.any(|(_, earlier)| {
                earlier.state.is_live() && earlier.claimed.customer == row.claimed.customer
            })
    }

    pub(super) fn revive(&mut self, id: i64) {
        for row in self.rows.values_mut() {
            if row.state == (State::Held { waits_for: id }) {
                row.state = State::Due;
                row.due_at = now();
            }
        }
    }

    fn leased(&mut self, owner: &str, id: i64) -> Option<&mut Row> {
        let row = self.rows.get_mut(&id)?;
        matches!(&row.state, State::Leased(by) if by == owner).then_some(row)
    }

    fn pending(&self, is_meant: impl Fn(&Row) -> bool) -> Option<&Row> {
        let mut rows = self.rows.values();
        rows.find(|row| row.state != State::Done && is_meant(row))
    }

    fn announce(&mut self, owner: &str, id: i64, check: &Check, once: bool) -> Announced {
        let mut referrer_pending = false;
        let mut customer_outcome = None;
        let blocker = match check {
            Check::Referrer(name) => {
                let pending = self.pending(|row| {
                    row.claimed.id != id
                        && (row.is_customer(name) || row.public_key.as_ref() == Some(name))
                });
                referrer_pending = pending.is_some();
                pending.filter(|row| row.claimed.id < id)
            }
            Check::Customer(customer) | Check::CustomerAndSale { customer, .. } => {
                let mut rows = self.rows.values();
                let known = rows.find(|row| row.is_customer(customer));
                customer_outcome = known.and_then(|row| row.outcome.clone());
                let sale = |row: &Row| {
                    row.claimed.kind == ReportKind::Transaction
                        && matches!(check, Check::CustomerAndSale { key, .. } if *key == row.claimed.key)
                };
                self.pending(|row| row.is_customer(customer))
                    .or_else(|| self.pending(sale))
            }
        };
        let blocker = blocker.map(|row| row.claimed.id);
        let is_shut = self.gate.closed_at.is_some();
        let Some(row) = self.leased(owner, id) else {
            return Announced::Refused;
        };
        if let Some(waits_for) = blocker {
            row.state = State::Held { waits_for };
            return Announced::Held;
        }
        if is_shut || row.due_at <= now() {
            return Announced::Refused;
        }
        if once {
            row.claimed.sent_at = Some(now());
        }
        Announced::Clear {
            customer_outcome,
            referrer_pending,
        }
    }

    pub(super) fn apply(&mut self, owner: &str, op: &Op) -> Written {
        let id = op.id();
        if let Op::Announce { check, once, .. } = op {
            return Written::Announced(self.announce(owner, id, check, *once));
        }
        let Some(row) = self.leased(owner, id) else {
            return Written::Settled(false);
        };
        match op {
            Op::Announce { .. } => {}
            Op::Done { outcome, .. } => {
                row.settle(State::Done, outcome, "");
                row.forget();
                self.revive(id);
            }
            Op::Retry {
                after,
                sent,
                failing,
                answer,
                ..
            } => {
                row.state = State::Due;
                row.due_at = now() + after;
                row.claimed.attempts += 1;
                row.claimed.tried_at = Some(now());
                row.claimed.failing_ms = *failing;
                row.last_answer.clone_from(answer);
                row.note(*sent);
            }
            Op::Dead {
                reason,
                sent,
                answer,
                ..
            } => {
                row.settle(State::Dead, reason, answer);
                row.claimed.attempts += 1;
                row.note(*sent);
            }
            Op::Release { after, sent, .. } => {
                row.state = State::Due;
                row.due_at = now() + after;
                row.note(*sent);
            }
        }
        Written::Settled(true)
    }
}
