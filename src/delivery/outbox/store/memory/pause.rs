//! Whether the whole fleet pauses.

use crate::delivery::outbox::clock::now;
use crate::delivery::outbox::store::Passage;

#[derive(Default)]
pub(super) struct Pause {
    pub(super) closed_at: Option<i64>,
    pub(super) reason: Option<String>,
    probe_at: i64,
    pub(super) not_before: i64,
    probes: i64,
}

impl Pause {
    /// In how many milliseconds a probe is due; `None` while the gate is open.
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

    pub(super) fn begin(&mut self, reason: &str, wait: i64) {
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

    /// Ends the pause, unless somebody has asked for a longer one.
    pub(super) fn end(&mut self) {
        if self.not_before > now() {
            self.probe_at = self.not_before;
        } else {
            *self = Self::default();
        }
    }
}
