//! Writes what executions have to say about their rows. What they say at the same time goes into
//! one transaction, because a commit costs the database far more than a row.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::gate::FleetGate;
use super::health::Monitor;
use crate::delivery::outbox::store::{Announced, Change, Check, Next, Op, Passage, Written};
use crate::delivery::outbox::{Outbox, OutboxError, OutboxErrorKind};

/// Most changes in one transaction.
const BATCH: usize = 256;
/// How long to wait after a failed transaction.
const PAUSE: Duration = Duration::from_millis(200);

/// The executions' end of the channel to the writing task. The task ends once every clone is
/// dropped and everything is written.
#[derive(Clone)]
pub(super) struct BatchWriter {
    entries: mpsc::UnboundedSender<Entry>,
}

/// Whether a result was written.
pub(super) enum Settled {
    /// The lease was still this owner's. The next row of the customer may be leased, too.
    Ours(Option<Box<Next>>),
    /// The lease was over before, or the database did not take the result.
    Lost,
}

struct Entry {
    change: Change,
    written: oneshot::Sender<Written>,
}

/// The database as the writing task sees it.
struct Database {
    outbox: Outbox,
    gate: FleetGate,
    monitor: Monitor,
}

impl BatchWriter {
    /// `patience` is how long writing a finished row is retried. After that its lease has ended,
    /// and another worker claims it.
    pub(super) fn start(
        outbox: Outbox,
        patience: Duration,
        gate: FleetGate,
        monitor: Monitor,
    ) -> (Self, JoinHandle<()>) {
        let (entries, receiver) = mpsc::unbounded_channel();
        let (failed, leftovers) = mpsc::unbounded_channel();
        let task = async move {
            let database = Database {
                outbox,
                gate,
                monitor,
            };
            tokio::join!(
                write_batches(&database, receiver, failed),
                write_singly(&database, leftovers, patience)
            );
        };
        (Self { entries }, tokio::spawn(task))
    }

    /// Asks whether a row may be sent now. If the database does not answer, it may not.
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

    /// Writes what became of a row.
    pub(super) async fn settle(&self, owner: &Arc<str>, op: Op) -> Settled {
        match self.write(owner, op).await {
            Some(Written::Settled(true)) => Settled::Ours(None),
            Some(Written::Followed(next)) => Settled::Ours(Some(next)),
            _ => Settled::Lost,
        }
    }

    // The channel needs no bound: each execution has one change in it at a time, and there are at
    // most as many executions as lanes.
    async fn write(&self, owner: &Arc<str>, op: Op) -> Option<Written> {
        let owner = Arc::clone(owner);
        let change = Change { owner, op };
        let (written, answer) = oneshot::channel();
        self.entries.send(Entry { change, written }).ok()?;
        answer.await.ok()
    }
}

impl Entry {
    fn is_announcement(&self) -> bool {
        matches!(self.change.op, Op::Announce { .. })
    }

    fn answer(self, written: Written) {
        // The execution may have been aborted meanwhile; its row is written all the same.
        let _ = self.written.send(written);
    }
}

impl Database {
    async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        // Read before the database is asked, so that the answer is never taken for newer than it
        // is.
        let at = Instant::now();
        let written = self.outbox.store.write(changes).await?;
        self.monitor.database_answers();
        let is_clear =
            |written: &Written| matches!(written, Written::Announced(Announced::Clear { .. }));
        if written.iter().any(is_clear) {
            self.gate.saw(at, Passage::Open);
        }
        Ok(written)
    }

    /// Whether only one row is in the way, and the database works for others.
    fn is_about_one_row(&self, error: &OutboxError) -> bool {
        match error.kind() {
            OutboxErrorKind::Database => true,
            // PostgreSQL locks single rows, SQLite the whole file.
            OutboxErrorKind::Busy => self.outbox.store.locks_rows(),
            _ => false,
        }
    }
}

/// Writes all entries that have come meanwhile in one transaction. If that fails, they are left to
/// [`write_singly`].
async fn write_batches(
    database: &Database,
    mut entries: mpsc::UnboundedReceiver<Entry>,
    failed: mpsc::UnboundedSender<Entry>,
) {
    let mut batch = Vec::new();
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        let changes: Vec<Change> = batch.iter().map(|entry| entry.change.clone()).collect();
        match database.write(&changes).await {
            Ok(written) => {
                for (entry, written) in batch.drain(..).zip(written) {
                    entry.answer(written);
                }
            }
            Err(error) => {
                if !database.is_about_one_row(&error) {
                    database.monitor.database_fails(&error);
                    // Dropped unanswered, an announcement is refused: no report may be sent while
                    // the database does not say that it may.
                    batch.retain(|entry| !entry.is_announcement());
                }
                for entry in batch.drain(..) {
                    let _ = failed.send(entry);
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// Writes each entry of a failed batch in a transaction of its own, beside the next batches: a row
/// that is locked or cannot be written then delays no other.
async fn write_singly(
    database: &Database,
    mut leftovers: mpsc::UnboundedReceiver<Entry>,
    patience: Duration,
) {
    let mut waiting: VecDeque<(Entry, Instant)> = VecDeque::new();
    loop {
        let next = match leftovers.try_recv() {
            // New ones first: an execution waits for the answer to its announcement.
            Ok(entry) => Some((entry, Instant::now())),
            Err(_) => waiting.pop_front(),
        };
        let (entry, since) = match next {
            Some(next) => next,
            None => match leftovers.recv().await {
                Some(entry) => (entry, Instant::now()),
                None => return,
            },
        };
        if let Some(entry) = write_one(database, entry).await {
            // Later the lease is over, and the worker that claims the row then finds out what
            // became of it.
            if since.elapsed() <= patience {
                waiting.push_back((entry, since));
            }
            sleep(PAUSE).await;
        }
    }
}

/// Gives the entry back if it has to be tried again.
async fn write_one(database: &Database, mut entry: Entry) -> Option<Entry> {
    loop {
        let error = match database.write(std::slice::from_ref(&entry.change)).await {
            Ok(mut written) => {
                if let Some(written) = written.pop() {
                    entry.answer(written);
                }
                return None;
            }
            Err(error) => error,
        };
        if database.is_about_one_row(&error) {
            #[cfg(feature = "tracing")]
            tracing::warn!(
                row = entry.change.op.id(),
                kind = ?error.kind(),
                "the outbox's database does not take the result of a delivery"
            );
        } else {
            database.monitor.database_fails(&error);
        }
        // The database's encoding may lack a character of Partnero's answer.
        let may_be_encoding = error.kind() == OutboxErrorKind::Database;
        if !(may_be_encoding && entry.change.op.make_ascii()) {
            return (!entry.is_announcement()).then_some(entry);
        }
    }
}

#[cfg(all(test, feature = "outbox-sqlite"))]
mod tests {
    use sqlx::SqlitePool;
    use sqlx::sqlite::SqlitePoolOptions;
    use tokio::time::timeout;

    use super::*;
    use crate::delivery::outbox::store::Sent;

    const HOUR: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_secs(10);
    /// Long enough for a second try.
    const MOMENT: Duration = Duration::from_millis(500);

    async fn writer(patience: Duration) -> (BatchWriter, SqlitePool, FleetGate, Monitor) {
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await.unwrap();
        let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
        let monitor = Monitor::default();
        let gate = FleetGate::new(outbox.clone(), monitor.clone(), HOUR, MOMENT);
        let (writer, _task) = BatchWriter::start(outbox, patience, gate.clone(), monitor.clone());
        (writer, pool, gate, monitor)
    }

    async fn announce(writer: &BatchWriter) -> Announced {
        let check = Check::Customer("7".to_owned());
        writer.announce(&"one".into(), 1, check, true).await
    }

    async fn give_back(writer: &BatchWriter) -> Settled {
        let op = Op::Release {
            id: 1,
            after: 0,
            sent: Sent::Keep,
        };
        writer.settle(&"one".into(), op).await
    }

    /// No report is sent while the database does not say that it may be, and nobody waits to hear
    /// that. A result is tried again until the lease has ended.
    #[tokio::test]
    async fn a_database_that_fails_refuses_announcements_and_keeps_results_waiting() {
        for is_gone in [true, false] {
            for (patience, is_given_up) in [(HOUR, false), (Duration::ZERO, true)] {
                let (writer, pool, _, monitor) = writer(patience).await;
                if is_gone {
                    pool.close().await;
                } else {
                    // The database answers, and takes no row.
                    let broken = sqlx::raw_sql("DROP TABLE partnero_outbox");
                    broken.execute(&pool).await.unwrap();
                }
                let announced = timeout(SOON, announce(&writer)).await;
                assert_eq!(announced, Ok(Announced::Refused), "{is_gone}");
                let wait = if is_given_up { SOON } else { MOMENT };
                let settled = timeout(wait, give_back(&writer)).await;
                let is_lost = matches!(settled, Ok(Settled::Lost));
                assert_eq!(is_lost, is_given_up, "{is_gone} {patience:?}");
                // A database that does not take one row may work for others.
                assert_eq!(monitor.health(true).database, !is_gone);
            }
        }
    }

    #[tokio::test]
    async fn a_result_does_not_say_that_the_fleet_may_call() {
        let (writer, _pool, gate, _) = writer(HOUR).await;
        gate.shut(Some(HOUR)).await;
        give_back(&writer).await;
        assert_eq!(gate.ask().await, Passage::Shut);
        assert_eq!(announce(&writer).await, Announced::Refused);
        assert_eq!(gate.ask().await, Passage::Shut);
    }
}
