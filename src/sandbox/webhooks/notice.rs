//! What happened, before it is put into anybody's envelope.

use std::time::{Duration, SystemTime};

use crate::sandbox::json::Json;

#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Notice {
    pub(in crate::sandbox) event: &'static str,
    pub(in crate::sandbox) data: Json,
    pub(in crate::sandbox) created_at: SystemTime,
}

/// The notices that nobody has been told of, and the time of the last one.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Notices {
    waiting: Vec<Notice>,
    last: Option<SystemTime>,
}

impl Notices {
    /// No two notices bear the same time: as an event has no identifier, two that differ in
    /// nothing else would be one.
    pub(in crate::sandbox) fn push(&mut self, event: &'static str, data: Json) {
        let now = SystemTime::now();
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
