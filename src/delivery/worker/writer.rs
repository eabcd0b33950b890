//! One writer for all lanes: what they have to say at the same time is committed at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

use super::gate::FleetGate;
use super::health::Monitor;
use super::stragglers::Stragglers;
use crate::delivery::outbox::store::{Announced, Change, Check, Op, Passage, Written};
use crate::delivery::outbox::{Outbox, OutboxError, OutboxErrorKind};

/// How many changes one transaction takes at most.
const BATCH: usize = 256;
/// How long to wait after a failed transaction.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// The lanes' side. The writer stops once every clone is gone and all is written.
#[derive(Clone)]
pub(super) struct BatchWriter {
    entries: mpsc::UnboundedSender<Entry>,
}

pub(super) struct Entry {
    pub(super) change: Change,
    written: oneshot::Sender<Written>,
}

impl Entry {
    pub(super) fn is_announcement(&self) -> bool {
        matches!(self.change.op, Op::Announce { .. })
    }
}

impl BatchWriter {
    /// `patience` is how long a settled row is worth writing down: after the lease, others see to
    /// it.
    pub(super) fn start(
        outbox: Outbox,
        patience: Duration,
        gate: FleetGate,
        watch: Monitor,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (entries, receiver) = mpsc::unbounded_channel();
        let (late, latecomers) = mpsc::unbounded_channel();
        let writer = Database {
            outbox,
            gate,
            watch,
        };
        let stragglers = Stragglers::new(writer.clone(), patience);
        let both = async move {
            tokio::join!(writer.run(receiver, late), stragglers.run(latecomers));
        };
        (Self { entries }, tokio::spawn(both))
    }

    /// Asks whether a row may be sent now. A database that cannot be asked is a no.
    pub(super) async fn announce(
        &self,
        owner: &Arc<str>,
        id: i64,
        check: Check,
        once: bool,
    ) -> Announced {
        match self.write(owner, Op::Announce { id, check, once }).await {
            Some(Written::Announced(announced)) => announced,
            _ => Announced::Refused,
        }
    }

    /// Writes down what became of a row; whether the row was still ours.
    pub(super) async fn settle(&self, owner: &Arc<str>, op: Op) -> bool {
        self.write(owner, op).await == Some(Written::Settled(true))
    }

    async fn write(&self, owner: &Arc<str>, op: Op) -> Option<Written> {
        let owner = Arc::clone(owner);
        let change = Change { owner, op };
        let (written, answer) = oneshot::channel();
        self.entries.send(Entry { change, written }).ok()?;
        answer.await.ok()
    }
}

/// Writes what lanes say, and is asked for nothing else. A clone is the same.
#[derive(Clone)]
pub(super) struct Database {
    outbox: Outbox,
    gate: FleetGate,
    pub(super) watch: Monitor,
}

impl Database {
    async fn run(
        self,
        mut entries: mpsc::UnboundedReceiver<Entry>,
        late: mpsc::UnboundedSender<Entry>,
    ) {
        let mut batch = Vec::new();
        while entries.recv_many(&mut batch, BATCH).await > 0 {
            let changes = batch.iter().map(|entry| entry.change.clone());
            let changes: Vec<Change> = changes.collect();
            match self.write(&changes).await {
                Ok(written) => {
                    self.watch.database_answers();
                    answer(batch.drain(..), written);
                }
                Err(error) => {
                    if !self.is_about_one(&error) {
                        self.watch.database_fails(&error);
                        // Nobody may send on a maybe.
                        batch.retain(|entry| !entry.is_announcement());
                    }
                    for entry in batch.drain(..) {
                        let _ = late.send(entry);
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Whether the database works, and does not take something that one of the rows is about.
    pub(super) fn is_about_one(&self, error: &OutboxError) -> bool {
        match error.kind() {
            OutboxErrorKind::Database => true,
            OutboxErrorKind::Busy => self.outbox.store.locks_rows(),
            _ => false,
        }
    }

    pub(super) async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        let at = Instant::now();
        let written = self.outbox.store.write(changes).await?;
        let is_clear =
            |written: &Written| matches!(written, Written::Announced(Announced::Clear { .. }));
        if written.iter().any(is_clear) {
            self.gate.saw(at, Passage::Open);
        }
        Ok(written)
    }
}

pub(super) fn answer(entries: impl IntoIterator<Item = Entry>, written: Vec<Written>) {
    for (entry, written) in entries.into_iter().zip(written) {
        // Whoever asked may be gone; it is written all the same.
        let _ = entry.written.send(written);
    }
}
