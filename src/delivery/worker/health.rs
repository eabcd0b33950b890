//! How a worker does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;

use crate::delivery::outbox::OutboxError;

/// How a worker does, from its memory alone. How many reports wait is in [`Outbox::status`].
///
/// As JSON it has a field for each field here, under the same name, which stays the same.
///
/// [`Outbox::status`]: crate::delivery::Outbox::status
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The worker's tasks run. `false` after the worker was stopped, or if a task panicked.
    pub running: bool,
    /// The database answered the worker's last question without an error, within 15 seconds.
    pub database: bool,
    /// The whole fleet pauses, because Partnero fails or has asked for a pause (429).
    pub paused: bool,
    /// How many reports this worker is delivering right now.
    pub in_flight: u64,
    /// How many reports this worker has delivered.
    pub delivered: u64,
}

impl Health {
    /// For a readiness check: the worker runs and reaches its database. A pause is no failure of
    /// this app, and loses nothing.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.running && self.database
    }
}

/// Counts a report as in flight until it is dropped.
pub(super) struct InFlight(Monitor);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where the worker's parts note what [`Health`] says. A clone is the same monitor.
#[derive(Clone, Debug, Default)]
pub(super) struct Monitor(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    database_fails: AtomicBool,
    paused: AtomicBool,
    in_flight: AtomicU64,
    delivered: AtomicU64,
}

impl Monitor {
    pub(super) fn health(&self, running: bool) -> Health {
        let inner = &self.0;
        Health {
            running,
            // `Relaxed` everywhere here: each value stands for itself, and no other memory is read
            // because of it.
            database: !inner.database_fails.load(Ordering::Relaxed),
            paused: inner.paused.load(Ordering::Relaxed),
            in_flight: inner.in_flight.load(Ordering::Relaxed),
            delivered: inner.delivered.load(Ordering::Relaxed),
        }
    }

    pub(super) fn database_answers(&self) {
        if self.0.database_fails.swap(false, Ordering::Relaxed) {
            #[cfg(feature = "tracing")]
            tracing::info!("the outbox's database answers again");
        }
    }

    pub(super) fn database_fails(&self, error: &OutboxError) {
        let known = self.0.database_fails.swap(true, Ordering::Relaxed);
        if !known {
            #[cfg(feature = "tracing")]
            tracing::error!(
                kind = ?error.kind(),
                source = std::error::Error::source(error),
                "the outbox's database fails"
            );
        }
        #[cfg(not(feature = "tracing"))]
        let _ = error;
    }

    pub(super) fn paused(&self, paused: bool) {
        let before = self.0.paused.swap(paused, Ordering::Relaxed);
        if before != paused {
            #[cfg(feature = "tracing")]
            tracing::warn!(paused, "deliveries to partnero were paused or resumed");
        }
    }

    pub(super) fn begins(&self) -> InFlight {
        self.0.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    pub(super) fn delivered(&self) {
        self.0.delivered.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::outbox::OutboxErrorKind;
    use serde_json::json;

    #[test]
    fn its_fields_keep_their_names_in_json() {
        let monitor = Monitor::default();
        monitor.delivered();
        let expected = json!({
            "running": true, "database": true, "paused": false, "in_flight": 0, "delivered": 1
        });
        let health = monitor.health(true);
        assert_eq!(serde_json::to_value(health).unwrap(), expected);
    }

    #[test]
    fn it_says_what_was_noted_last() {
        let monitor = Monitor::default();
        monitor.database_fails(&OutboxError::new(OutboxErrorKind::Unavailable));
        monitor.paused(true);
        let (first, second) = (monitor.begins(), monitor.begins());
        let health = monitor.health(true);
        assert!(!health.database && !health.is_ok() && health.paused);
        assert_eq!(health.in_flight, 2);
        drop(first);
        monitor.database_answers();
        monitor.paused(false);
        let health = monitor.health(true);
        assert!(health.database && health.is_ok() && !health.paused);
        assert_eq!(health.in_flight, 1);
        drop(second);
        assert!(!monitor.health(false).is_ok());
    }
}
