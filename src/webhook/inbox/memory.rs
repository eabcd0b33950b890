//! An inbox in memory, which is lost with the process.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Seen;
use crate::webhook::digest::EventDigest;

/// Remembers a fixed number of digests, the newest ones. Clones share the digests.
///
/// It has no transactions: an event is on record before its effect, and a second delivery that
/// comes in between gets [`Repeated`](Seen::Repeated). If the effect can fail, handle one event at a
/// time, from `record` to the effect or [`forget`](Self::forget). Otherwise Partnero may get a 200
/// for the second delivery and does not send the event again, although its effect failed.
#[derive(Clone)]
pub struct MemoryInbox {
    digests: Arc<Mutex<Digests>>,
    capacity: usize,
}

#[derive(Default)]
struct Digests {
    known: HashSet<EventDigest>,
    /// The oldest first.
    order: VecDeque<EventDigest>,
}

impl MemoryInbox {
    /// Remembers `capacity` events; 0 is taken as 1. Each takes about 100 bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            digests: Arc::default(),
            capacity: capacity.max(1),
        }
    }

    /// Remembers an event, and says whether it was received before. A repeated event keeps its age.
    pub fn record(&self, digest: &EventDigest) -> Seen {
        let mut digests = self.lock();
        // One lock covers question and answer: of two deliveries at once only one is the first.
        if !digests.known.insert(*digest) {
            return Seen::Repeated;
        }
        digests.order.push_back(*digest);
        if digests.order.len() > self.capacity
            && let Some(oldest) = digests.order.pop_front()
        {
            digests.known.remove(&oldest);
        }
        Seen::First
    }

    /// Forgets an event whose effect failed, so that it counts as new when Partnero sends it again.
    pub fn forget(&self, digest: &EventDigest) {
        let mut digests = self.lock();
        if digests.known.remove(digest) {
            digests.order.retain(|known| known != digest);
        }
    }

    /// A poisoned lock is used on: no code that holds it can leave the digests half changed.
    fn lock(&self) -> MutexGuard<'_, Digests> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryInbox")
            .field("known", &self.lock().known.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: usize) -> EventDigest {
        EventDigest::of(number.to_string().as_bytes())
    }

    #[test]
    fn an_event_is_the_first_once() {
        let inbox = MemoryInbox::new(10);
        assert_eq!(inbox.record(&digest(1)), Seen::First);
        assert_eq!(inbox.clone().record(&digest(1)), Seen::Repeated);
        inbox.forget(&digest(1));
        assert!(inbox.record(&digest(1)).is_first());
    }

    #[test]
    fn the_oldest_is_forgotten_and_no_more_is_kept_than_asked_for() {
        let inbox = MemoryInbox::new(3);
        for number in 0..1_000 {
            assert!(inbox.record(&digest(number)).is_first());
        }
        assert_eq!(inbox.record(&digest(997)), Seen::Repeated);
        assert_eq!(inbox.record(&digest(996)), Seen::First);
        assert_eq!(inbox.lock().known.len(), 3);
        assert_eq!(inbox.lock().order.len(), 3);
    }
}
