//! How far a call has come. Every layer of the call knows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::time::Instant;

use crate::client::gate::Gate;
use crate::client::summary::CallSummary;

/// Travels in the request's extensions. Clones share one state.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    call: CallSummary,
    expires: Instant,
    gate: Option<Arc<dyn Gate>>,
    attempts: AtomicU32,
    in_flight: AtomicBool,
}

impl Progress {
    pub(crate) fn new(call: CallSummary, expires: Instant, gate: Option<Arc<dyn Gate>>) -> Self {
        Self(Arc::new(Inner {
            call,
            expires,
            gate,
            attempts: AtomicU32::new(0),
            in_flight: AtomicBool::new(false),
        }))
    }

    pub(crate) fn call(&self) -> &CallSummary {
        &self.0.call
    }

    /// When the whole call has to be over.
    pub(crate) fn expires(&self) -> Instant {
        self.0.expires
    }

    /// The gate that this call shares with others. A 429 shuts the gate; the call does not repeat it
    /// by itself.
    pub(crate) fn gate(&self) -> Option<&Arc<dyn Gate>> {
        self.0.gate.as_ref()
    }

    /// Until when the body of an attempt may be written.
    pub(super) fn latest(&self) -> Option<Instant> {
        self.gate().and_then(|gate| gate.latest())
    }

    /// How many attempts were begun.
    pub(crate) fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    /// Whether the last attempt may have reached Partnero, and has not ended yet.
    pub(crate) fn in_flight(&self) -> bool {
        self.0.in_flight.load(Ordering::Relaxed)
    }

    /// An attempt begins.
    pub(super) fn attempt(&self) {
        self.0.attempts.fetch_add(1, Ordering::Relaxed);
        self.0.in_flight.store(true, Ordering::Relaxed);
    }

    /// An attempt has ended, and the call waits for the next one.
    pub(super) fn wait(&self) {
        self.0.in_flight.store(false, Ordering::Relaxed);
    }
}
