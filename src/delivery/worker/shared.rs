//! What the parts of one worker share.

use tokio::time::Instant;

use super::clock::DatabaseClock;
use super::gate::FleetGate;
use super::health::Monitor;
use super::lease::Owner;
use super::probe::Suspicion;
use super::settings::Settings;
use super::width::Width;
use super::writer::BatchWriter;
use crate::client::Client;
use crate::delivery::outbox::Outbox;
use crate::random::Random;

/// Held in an `Arc` by the dispatch and by every execution.
pub(super) struct Shared {
    pub(super) outbox: Outbox,
    pub(super) client: Client,
    pub(super) gate: FleetGate,
    pub(super) settings: Settings,
    pub(super) owner: Owner,
    pub(super) random: Random,
    pub(super) writer: BatchWriter,
    pub(super) suspicion: Suspicion,
    pub(super) monitor: Monitor,
    pub(super) width: Width,
    pub(super) clock: DatabaseClock,
}

/// How far the worker is on its way to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// No new rows are taken. Executions under way may go on until then.
    Draining {
        until: Instant,
    },
    /// Executions that have not ended give their rows back.
    Cut,
}
