//! The pause of the whole fleet, as one worker knows it.
//!
//! It stands in the database, so a worker that has not asked for a moment does not know. Before
//! every call it is asked again, unless a claim or an announcement has just told.

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
/// How often a call asks a database that answers too late.
const LOOKS: usize = 3;
/// How long after a failed write the database is asked again to take it.
const DATABASE_PAUSE: Duration = Duration::from_millis(100);
/// A database counts whole milliseconds, and rounds twice: at the start of a pause and at its end.
const ROUNDING: Duration = Duration::from_millis(1);
/// A pause of which a person should hear.
#[cfg(feature = "tracing")]
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// A clone is the same.
#[derive(Clone, Debug)]
pub(super) struct FleetGate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    outbox: Outbox,
    watch: Monitor,
    /// For how long this worker relies on what it has seen.
    lag: Duration,
    /// How long to pause at least.
    least: Duration,
    known: Mutex<Known>,
    /// Held by the one call that asks the database for all.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// Until when Partnero has asked this worker to wait, as long as that is not on record.
    until: Option<Instant>,
    /// What the database said last, and when it was asked.
    seen: Option<(Instant, Passage)>,
}

impl FleetGate {
    pub(super) fn new(outbox: Outbox, watch: Monitor, lag: Duration, least: Duration) -> Self {
        Self(Arc::new(Inner {
            outbox,
            watch,
            lag,
            least,
            known: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// Notes what the database has answered to a question that was asked at `at`.
    pub(super) fn saw(&self, at: Instant, passage: Passage) {
        let mut known = self.known();
        if known.seen.is_none_or(|(before, _)| before <= at) {
            known.seen = Some((at, passage));
        }
    }

    /// Has the whole fleet pause until then. A database that is away has to hear of it once it is
    /// back, before anybody else takes rows from it.
    pub(super) async fn shut_until(&self, reason: &'static str, until: Instant) {
        let asked = Instant::now();
        self.saw(asked, Passage::Shut);
        self.0.watch.paused(true);
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
                Err(error) => self.0.watch.database_fails(&error),
            }
            if left.is_zero() {
                return;
            }
            sleep(left.min(DATABASE_PAUSE)).await;
        }
        // Whatever was seen meanwhile was seen before.
        self.saw(Instant::now(), Passage::Shut);
        // From now on the database says for how long, because a person may end it there.
        self.forget(until);
        #[cfg(feature = "tracing")]
        tracing::debug!(
            reason,
            took = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX),
            "the pause is on record"
        );
    }

    fn forget(&self, recorded: Instant) {
        let mut known = self.known();
        known.until = known.until.filter(|until| *until > recorded);
    }

    /// What is known well enough to act on it.
    fn passage(&self) -> Option<Passage> {
        let known = self.known();
        let now = Instant::now();
        if known.until.is_some_and(|until| now < until) {
            return Some(Passage::Shut);
        }
        let (at, passage) = known.seen?;
        (now.saturating_duration_since(at) <= self.0.lag).then_some(passage)
    }

    /// How it stands, looked up in the database unless that was done a moment ago.
    pub(super) async fn ask(&self) -> Passage {
        for _ in 0..LOOKS {
            if let Some(passage) = self.passage() {
                return passage;
            }
            let _turn = self.0.turn.lock().await;
            if self.passage().is_some() {
                continue;
            }
            let at = Instant::now();
            match self.0.outbox.store.passage().await {
                Ok(passage) => self.saw(at, passage),
                Err(error) => {
                    self.0.watch.database_fails(&error);
                    return Passage::Shut;
                }
            }
        }
        let passage = self.passage();
        #[cfg(feature = "tracing")]
        if passage.is_none() {
            tracing::warn!(
                lag = ?self.0.lag,
                "the outbox's database answers too late for a call to be made on what it says"
            );
        }
        passage.unwrap_or(Passage::Shut)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FleetGate {
    /// Partnero has answered 429: holds here at once, and for everybody once the future ends.
    pub(super) fn shut(&self, asked: Option<Duration>) -> Answer<()> {
        let now = Instant::now();
        let wait = asked.unwrap_or_default().max(self.0.least);
        let until = now + wait.min(LONGEST_ASKED);
        {
            let mut known = self.known();
            known.until = known.until.max(Some(until));
        }
        let gate = self.clone();
        // Whoever heard of it may be ended before it is written.
        let written = tokio::spawn(async move { gate.shut_until(ASKED, until).await });
        Box::pin(async move {
            let _ = written.await;
        })
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

    #[tokio::test]
    async fn a_429_is_written_down_when_nobody_waits_for_it() {
        let outbox = Outbox::memory();
        drop(gate(&outbox).shut(Some(MINUTE)));
        while outbox.store.passage().await.unwrap() == Passage::Open {
            tokio::task::yield_now().await;
        }
    }
}
