//! The pause of all who share the table.

use super::now;
use crate::delivery::outbox::store::Passage;

#[derive(Default)]
pub(super) struct Gate {
    pub(super) closed_at: Option<i64>,
    pub(super) reason: Option<String>,
    probe_at: i64,
    pub(super) not_before: i64,
    probes: i64,
    /// Receipts of sales were pruned.
    pub(super) pruned: bool,
}

impl Gate {
    /// In how long a probe is due; `None` while the gate is open.
    pub(super) fn probe_in(&self, now: i64) -> Option<i64> {
        self.closed_at?;
        Some((self.probe_at.max(self.not_before) - now).max(0))
    }

    pub(super) fn passage(&self) -> Passage {
        match self.closed_at {
            None => Passage::Open,
            Some(_) => Passage::shut_for(self.not_before - now()),
        }
    }

    pub(super) fn shut(&mut self, reason: &str, wait: i64) {
        if self.closed_at.is_none() {
            self.probe_at = now() + wait;
        }
        self.not_before = self.not_before.max(now() + wait);
        self.closed_at.get_or_insert_with(now);
        self.reason = Some(reason.to_owned());
    }

    pub(super) fn take_probe(&mut self, hold: i64) -> Option<i64> {
        if self.probe_in(now())? > 0 {
            return None;
        }
        self.probe_at = now() + hold;
        self.probes += 1;
        Some(self.probes - 1)
    }

    pub(super) fn defer_probe(&mut self, wait: i64) {
        self.probe_at = now() + wait;
    }

    pub(super) fn open(&mut self) {
        if self.not_before > now() {
            self.probe_at = self.not_before;
            return;
        }
        self.resume();
    }

    pub(super) fn resume(&mut self) -> bool {
        let was_shut = self.closed_at.is_some();
        *self = Self {
            pruned: self.pruned,
            ..Self::default()
        };
        was_shut
    }
}
