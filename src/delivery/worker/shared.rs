//! What the parts of one worker share.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::call_gates::ProbeGate;
use super::clock::DatabaseClock;
use super::gate::FleetGate;
use super::health::Monitor;
use super::lease::Owner;
use super::outage::Outage;
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

impl Shared {
    /// With the task that writes, which ends once all executions have ended.
    pub(super) fn new(
        outbox: Outbox,
        client: &Client,
        settings: Settings,
    ) -> (Self, JoinHandle<()>) {
        let monitor = Monitor::default();
        let gate = FleetGate::new(
            outbox.clone(),
            monitor.clone(),
            settings.pause_lag,
            settings.probes.first,
        );
        let (writer, writing) = BatchWriter::start(
            outbox.clone(),
            settings.lease,
            gate.clone(),
            monitor.clone(),
        );
        let random = Random::new();
        let suspicion = Suspicion {
            prober: client.behind(Arc::new(ProbeGate(gate.clone()))),
            gate: gate.clone(),
            outage: Outage::default(),
            least: settings.probes.first,
        };
        let shared = Self {
            width: Width::new(settings.lanes),
            clock: DatabaseClock::default(),
            client: client.clone(),
            outbox,
            gate,
            settings,
            owner: Owner::new(&random),
            random,
            writer,
            suspicion,
            monitor,
        };
        (shared, writing)
    }
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
