//! One writer for all lanes: what they have to say at the same time is committed at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

use super::gate::FleetGate;
use super::health::Watch;
use crate::delivery::outbox::store::{Announced, Change, Check, Op, Passage, Written};
use crate::delivery::outbox::{Outbox, OutboxError, OutboxErrorKind};

/// How many changes one transaction takes at most.
const BATCH: usize = 256;
/// How long to wait before a failed transaction is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// The lanes' side. The writer stops once every clone is gone and all is written.
#[derive(Clone)]
pub(super) struct Ledger {
    entries: mpsc::UnboundedSender<Entry>,
}

struct Entry {
    change: Change,
    written: oneshot::Sender<Written>,
}

impl Ledger {
    /// `patience` is how long a settled row is worth writing down: after the lease, others see to
    /// it.
    pub(super) fn start(
        outbox: Outbox,
        patience: Duration,
        gate: FleetGate,
        watch: Watch,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (entries, receiver) = mpsc::unbounded_channel();
        let writer = Writer {
            outbox,
            patience,
            gate,
            watch,
        };
        (Self { entries }, tokio::spawn(writer.run(receiver)))
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

struct Writer {
    outbox: Outbox,
    patience: Duration,
    gate: FleetGate,
    watch: Watch,
}

impl Writer {
    async fn run(self, mut receiver: mpsc::UnboundedReceiver<Entry>) {
        let mut batch = Vec::new();
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            let mut failing: Option<Instant> = None;
            while !batch.is_empty() {
                match self.commit(&mut batch).await {
                    Ok(()) => self.watch.database_answers(),
                    Err(error) => {
                        self.watch.database_fails(&error);
                        let since = *failing.get_or_insert_with(Instant::now);
                        // Nobody may send on a maybe, and nobody waits for ever.
                        batch.retain(|entry| !matches!(entry.change.op, Op::Announce { .. }));
                        if since.elapsed() > self.patience {
                            batch.clear();
                        }
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Writes all of the batch and empties it, or leaves what is not written.
    async fn commit(&self, batch: &mut Vec<Entry>) -> Result<(), OutboxError> {
        let changes = batch.iter().map(|entry| entry.change.clone());
        let changes: Vec<Change> = changes.collect();
        match self.write(&changes).await {
            Ok(written) => {
                answer(batch.drain(..), written);
                Ok(())
            }
            // One that the database does not take must not hold up the others.
            Err(error) if error.kind() == OutboxErrorKind::Database && changes.len() > 1 => {
                let mut failed = Err(error);
                for entry in std::mem::take(batch) {
                    let change = std::slice::from_ref(&entry.change);
                    match self.write(change).await {
                        Ok(written) => answer([entry], written),
                        Err(error) => {
                            batch.push(entry);
                            failed = Err(error);
                        }
                    }
                }
                if batch.is_empty() { Ok(()) } else { failed }
            }
            Err(error) => Err(error),
        }
    }

    async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        let at = Instant::now();
        let written = self.outbox.write(changes).await?;
        let is_clear =
            |written: &Written| matches!(written, Written::Announced(Announced::Clear { .. }));
        if written.iter().any(is_clear) {
            self.gate.saw(at, Passage::Open);
        }
        Ok(written)
    }
}

fn answer(entries: impl IntoIterator<Item = Entry>, written: Vec<Written>) {
    for (entry, written) in entries.into_iter().zip(written) {
        // Whoever asked may be gone; it is written all the same.
        let _ = entry.written.send(written);
    }
}
