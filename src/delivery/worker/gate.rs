//! The pause of the whole fleet, as one worker knows it.
//!
//! The pause stands in the database, where another process may begin or end it at any time. So
//! before every call the worker asks the database, unless it has asked less than `pause_lag` ago.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::health::Monitor;
use super::retry::LONGEST_ASKED;
use crate::client::gate::Answer;
use crate::delivery::outbox::Outbox;
use crate::delivery::outbox::store::Passage;

/// Why the fleet pauses after a 429.
const ASKED: &str = "Partnero asked for it (429)";
/// How often a call asks a database whose answers are too old when they come.
const LOOKS: usize = 3;
/// How long after a failed write the pause is written again.
const DATABASE_PAUSE: Duration = Duration::from_millis(100);
/// Added to a pause: the database counts whole milliseconds, and rounding its beginning and its length
/// could make the pause too short by a millisecond each.
const ROUNDING: Duration = Duration::from_millis(2);
/// A longer pause is an error event, because a person should see it.
#[cfg(feature = "tracing")]
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// What this worker knows about the pause. A clone is the same gate.
#[derive(Clone, Debug)]
pub(super) struct FleetGate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    outbox: Outbox,
    monitor: Monitor,
    /// For how long an answer of the database is relied on.
    lag: Duration,
    /// The shortest pause after a 429.
    least: Duration,
    known: Mutex<Known>,
    /// Held while the database is asked, so that calls that begin together ask it once.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// The end of a pause that is not in the database yet.
    until: Option<Instant>,
    /// The database's last answer, and when it was asked.
    seen: Option<(Instant, Passage)>,
}

impl FleetGate {
    pub(super) fn new(outbox: Outbox, monitor: Monitor, lag: Duration, least: Duration) -> Self {
        Self(Arc::new(Inner {
            outbox,
            monitor,
            lag,
            least,
            known: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Notes an answer of the database to a question that was asked at `at`.
    pub(super) fn saw(&self, at: Instant, passage: Passage) {
        let mut known = self.known();
        // Answers may come in another order than their questions were asked.
        if known.seen.is_none_or(|(before, _)| before <= at) {
            known.seen = Some((at, passage));
        }
    }

    /// Pauses the whole fleet until then. If the database cannot be reached, the pause is written
    /// again and again until it has ended, so that other workers see it as soon as they can claim.
    pub(super) async fn shut_until(&self, reason: &'static str, until: Instant) {
        #[cfg(feature = "tracing")]
        let asked = Instant::now();
        self.hold(until);
        self.0.monitor.paused(true);
        #[cfg(feature = "tracing")]
        if until.saturating_duration_since(asked) > LONG {
            tracing::error!(
                reason,
                pause = ?until.saturating_duration_since(asked),
                "deliveries to partnero pause for long; `Outbox::resume` ends that"
            );
        }
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.0.outbox.store.shut_gate(reason, left + ROUNDING).await {
                Ok(()) => break,
                Err(error) => self.0.monitor.database_fails(&error),
            }
            if left.is_zero() {
                return;
            }
            sleep(left.min(DATABASE_PAUSE)).await;
        }
        // An answer to a question from before the write may have come in meanwhile.
        self.saw(Instant::now(), Passage::Shut);
        // From now on only the database's record counts, because a person may end the pause there.
        self.forget(until);
        #[cfg(feature = "tracing")]
        tracing::debug!(
            reason,
            took = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX),
            "the pause is on record"
        );
    }

    /// Lets no call of this worker pass until then, although the database does not say so yet. The
    /// write may take long, and until it ends each claim still reads that deliveries go on.
    fn hold(&self, until: Instant) {
        let mut known = self.known();
        known.until = known.until.max(Some(until));
    }

    fn forget(&self, recorded: Instant) {
        let mut known = self.known();
        known.until = known.until.filter(|until| *until > recorded);
    }

    /// The answer that is known and not too old.
    fn passage(&self) -> Option<Passage> {
        let known = self.known();
        let now = Instant::now();
        if known.until.is_some_and(|until| now < until) {
            return Some(Passage::Shut);
        }
        let (at, passage) = known.seen?;
        (now.saturating_duration_since(at) <= self.0.lag).then_some(passage)
    }

    /// Whether a call may be made now. Asks the database unless its last answer is recent enough.
    pub(super) async fn ask(&self) -> Passage {
        for _ in 0..LOOKS {
            if let Some(passage) = self.passage() {
                return passage;
            }
            let _turn = self.0.turn.lock().await;
            // Another call has asked the database while this one waited for its turn.
            if self.passage().is_some() {
                continue;
            }
            let at = Instant::now();
            match self.0.outbox.store.passage().await {
                Ok(passage) => self.saw(at, passage),
                Err(error) => {
                    self.0.monitor.database_fails(&error);
                    return Passage::Shut;
                }
            }
        }
        let passage = self.passage();
        #[cfg(feature = "tracing")]
        if passage.is_none() {
            tracing::warn!(
                lag = ?self.0.lag,
                "the outbox's database takes longer than `pause_lag` to answer, so no call is made"
            );
        }
        passage.unwrap_or(Passage::Shut)
    }

    /// After a 429: pauses this worker at once, and the fleet once the future ends.
    pub(super) fn shut(&self, asked: Option<Duration>) -> Answer<()> {
        let now = Instant::now();
        let wait = asked.unwrap_or_default().max(self.0.least);
        let until = now + wait.min(LONGEST_ASKED);
        self.hold(until);
        let gate = self.clone();
        // In a task of its own: the attempt that got the 429 may be aborted before it is written.
        let written = tokio::spawn(async move { gate.shut_until(ASKED, until).await });
        Box::pin(async move {
            let _ = written.await;
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const LAG: Duration = Duration::from_millis(100);
    const MINUTE: Duration = Duration::from_secs(60);

    fn gate(outbox: &Outbox) -> FleetGate {
        FleetGate::new(outbox.clone(), Monitor::default(), LAG, MS)
    }

    async fn passes(gate: &FleetGate) -> bool {
        gate.ask().await == Passage::Open
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_a_moment_ago_is_relied_on_and_no_longer() {
        let outbox = Outbox::memory();
        let gate = gate(&outbox);
        gate.saw(Instant::now(), Passage::Open);
        // Another process.
        outbox.store.shut_gate("429", MINUTE).await.unwrap();
        assert!(passes(&gate).await);
        tokio::time::advance(LAG).await;
        assert!(passes(&gate).await);
        tokio::time::advance(MS).await;
        assert!(!passes(&gate).await);
    }

    #[tokio::test]
    async fn who_has_seen_nothing_looks() {
        let outbox = Outbox::memory();
        assert!(passes(&gate(&outbox)).await);
        outbox.store.shut_gate("429", MINUTE).await.unwrap();
        assert!(!passes(&gate(&outbox)).await);
    }

    #[tokio::test]
    async fn a_later_look_is_not_undone_by_the_answer_to_an_earlier_one() {
        let gate = gate(&Outbox::memory());
        let earlier = Instant::now();
        gate.saw(earlier + MS, Passage::Shut);
        gate.saw(earlier, Passage::Open);
        assert!(!passes(&gate).await);
    }

    #[tokio::test]
    async fn a_429_holds_here_at_once_and_then_for_everybody() {
        let outbox = Outbox::memory();
        let gate = gate(&outbox);
        gate.saw(Instant::now(), Passage::Open);
        let recorded = gate.shut(Some(MINUTE));
        assert_eq!(outbox.store.passage().await.unwrap(), Passage::Open);
        assert!(!passes(&gate).await);
        recorded.await;
        assert_eq!(outbox.store.passage().await.unwrap(), Passage::Shut);
        // What was seen before the pause counts no more.
        assert!(!passes(&gate).await);
        assert!(gate.0.monitor.health(true).paused);
    }

    #[tokio::test]
    async fn of_two_answers_to_questions_of_one_moment_the_later_counts() {
        let gate = gate(&Outbox::memory());
        let at = Instant::now();
        gate.saw(at, Passage::Open);
        gate.saw(at, Passage::Shut);
        assert!(!passes(&gate).await);
    }

    #[tokio::test]
    async fn a_pause_is_not_shorter_than_partnero_asks() {
        let outbox = Outbox::memory();
        let asked = Instant::now();
        gate(&outbox).shut(Some(20 * MS)).await;
        while outbox.store.passage().await.unwrap() == Passage::Shut {}
        // The pause is counted by the system's clock, and this test by a clock that is never set.
        assert!(asked.elapsed() > 199 * MS / 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_on_record_is_ended_by_the_record() {
        let outbox = Outbox::memory();
        let gate = gate(&outbox);
        gate.shut(Some(MINUTE)).await;
        assert!(!passes(&gate).await);
        assert!(outbox.resume().await.unwrap());
        tokio::time::advance(2 * LAG).await;
        assert!(passes(&gate).await);
        assert!(!outbox.resume().await.unwrap());
    }

    #[cfg(feature = "outbox-sqlite")]
    #[tokio::test]
    async fn a_pause_holds_here_before_it_is_written() {
        use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("outbox.db");
        let outbox = Outbox::sqlite(&file).await.unwrap();
        let gate = gate(&outbox);
        let other = SqliteConnectOptions::new().filename(&file);
        let other = SqlitePoolOptions::new().connect_with(other).await.unwrap();
        let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let shutting = gate.clone();
        let until = Instant::now() + MINUTE;
        let shutting = tokio::spawn(async move { shutting.shut_until("outage", until).await });
        tokio::task::yield_now().await;
        // What a claim would read and note.
        let at = Instant::now();
        let passage = outbox.store.passage().await.unwrap();
        assert_eq!(passage, Passage::Open);
        gate.saw(at, passage);
        assert!(!passes(&gate).await);
        lock.rollback().await.unwrap();
        shutting.await.unwrap();
        assert_eq!(outbox.store.passage().await.unwrap(), Passage::Shut);
    }

    #[cfg(feature = "outbox-sqlite")]
    #[tokio::test]
    async fn a_pause_is_written_when_the_database_works_again() {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await.unwrap();
        let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
        let execute = async |statement| {
            sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        };
        execute("ALTER TABLE partnero_outbox_gate RENAME TO away").await;
        let gate = gate(&outbox);
        // Nobody may call while the database does not say so.
        assert!(!passes(&gate).await);
        assert!(!gate.0.monitor.health(true).database);
        gate.0.monitor.database_answers();
        let shutting = gate.shut(Some(MINUTE));
        while gate.0.monitor.health(true).database {
            tokio::task::yield_now().await;
        }
        execute("ALTER TABLE away RENAME TO partnero_outbox_gate").await;
        shutting.await;
        assert_eq!(outbox.store.passage().await.unwrap(), Passage::Shut);
    }

    #[cfg(feature = "outbox-sqlite")]
    #[tokio::test]
    async fn a_pause_that_is_over_is_not_written_any_more() {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect("sqlite::memory:").await.unwrap();
        let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
        pool.close().await;
        let shutting = gate(&outbox).shut(Some(MS));
        let ended = tokio::time::timeout(MINUTE / 6, shutting).await;
        assert!(ended.is_ok());
    }

    #[tokio::test]
    async fn a_429_is_written_down_when_nobody_waits_for_it() {
        let outbox = Outbox::memory();
        drop(gate(&outbox).shut(Some(MINUTE)));
        while outbox.store.passage().await.unwrap() == Passage::Open {
            tokio::task::yield_now().await;
        }
    }
}
