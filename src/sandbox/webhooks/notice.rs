//! Events, before they become webhooks for the single subscriptions.

use std::time::{Duration, SystemTime};

use crate::sandbox::json::Json;

#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Notice {
    pub(in crate::sandbox) event: &'static str,
    pub(in crate::sandbox) data: Json,
    pub(in crate::sandbox) created_at: SystemTime,
}

/// The events of the current request, and the time of the last event.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Notices {
    waiting: Vec<Notice>,
    last: Option<SystemTime>,
}

impl Notices {
    /// Gives each event a time of its own. Events have no identifier, so two events with the same
    /// data and the same time would be equal to a receiver.
    pub(in crate::sandbox) fn push(&mut self, event: &'static str, data: Json) {
        let now = SystemTime::now();
        // A microsecond is the smallest step that a time on the wire shows.
        let after = |last: SystemTime| last.checked_add(Duration::from_micros(1));
        let created_at = self.last.and_then(after).map_or(now, |next| next.max(now));
        self.last = Some(created_at);
        self.waiting.push(Notice {
            event,
            data,
            created_at,
        });
    }

    pub(in crate::sandbox) fn take(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.waiting)
    }
}
