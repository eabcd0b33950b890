//! The loop that takes rows and hands each to a lane.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::chance;
use super::execution::{Claiming, Execution};
use super::gate::FleetGate;
use super::health::Monitor;
use super::outage::Outage;
use super::owner::Owner;
use super::settings::Settings;
use super::writer::BatchWriter;
use crate::client::{Client, ErrorKind};
use crate::delivery::outbox::Outbox;
use crate::delivery::outbox::millis;
use crate::delivery::outbox::store::{Claim, Passage};

/// How long a lane that has ended waits for others, so that one claim fills several.
const GATHER: Duration = Duration::from_millis(5);
/// How long after a failed claim the database is asked again.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// How long giving back may take; after that, the leases run out by themselves.
pub(super) const GIVE_BACK: Duration = Duration::from_secs(2);

/// How far the worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// No new rows; those under way are finished.
    Draining {
        until: Instant,
    },
    /// What is not finished is given back.
    Cut,
}

/// What every lane shares. A clone is the same.
#[derive(Clone)]
pub(super) struct Dispatch(Arc<Shared>);

pub(super) struct Shared {
    pub(super) outbox: Outbox,
    pub(super) client: Client,
    /// Passes the gate while it is shut.
    pub(super) prober: Client,
    pub(super) gate: FleetGate,
    pub(super) settings: Settings,
    pub(super) owner: Owner,
    pub(super) ledger: BatchWriter,
    pub(super) signs: Outage,
    pub(super) watch: Monitor,
}

impl std::ops::Deref for Dispatch {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Dispatch {
    pub(super) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Works until it is told to stop; how many reports were given back unfinished.
    pub(super) async fn run(self, phase: watch::Sender<Phase>) -> usize {
        let mut stopping = phase.subscribe();
        let mut lanes = JoinSet::new();
        loop {
            while lanes.try_join_next().is_some() {}
            if *stopping.borrow() != Phase::Running {
                break;
            }
            // Listens from before the claim on: a row that it has just missed is heard of, too.
            let enqueued = self.outbox.enqueued.notified();
            let wait = self.fill(&mut lanes, &phase).await;
            tokio::select! {
                () = wait.over(&self, &mut lanes, enqueued) => {}
                _ = stopping.changed() => {}
            }
        }
        self.drain(lanes, &phase).await
    }

    /// Takes as many rows as there are lanes free.
    async fn fill(&self, lanes: &mut JoinSet<()>, phase: &watch::Sender<Phase>) -> Wait {
        let free = self.settings.lanes.saturating_sub(lanes.len());
        if free == 0 {
            return Wait::Execution;
        }
        let owner = self.owner.next_claim();
        let at = Instant::now();
        let claim = self
            .outbox
            .store
            .claim(&owner, self.settings.lease, free)
            .await;
        match claim {
            Err(error) => {
                self.watch.database_fails(&error);
                Wait::Time(DATABASE_PAUSE)
            }
            Ok(Claim::Shut { probe_in }) => {
                self.watch.database_answers();
                self.watch.paused(true);
                self.gate.saw(at, Passage::Shut);
                if probe_in == 0 {
                    let is_probed = self.probe().await;
                    let pause = if is_probed {
                        Duration::ZERO
                    } else {
                        self.settings.poll
                    };
                    return Wait::Time(pause);
                }
                Wait::Time(millis(probe_in).min(self.settings.poll))
            }
            Ok(Claim::Open { now, pruned, rows }) => {
                self.watch.database_answers();
                self.watch.paused(false);
                self.gate.saw(at, Passage::Open);
                let claiming = Claiming { at, now, pruned };
                let taken = rows.len();
                for row in rows {
                    let lane = Execution::new(self.clone(), row, Arc::clone(&owner), claiming);
                    lanes.spawn(self.clone().attend(lane, phase.subscribe()));
                }
                if taken == free {
                    Wait::Execution
                } else {
                    Wait::Work
                }
            }
        }
    }

    async fn attend(self, lane: Execution, phase: watch::Receiver<Phase>) {
        // A lane that panics gives its place back, too.
        let _place = self.watch.begins();
        #[cfg(feature = "tracing")]
        let attempt = {
            use tracing::Instrument;
            let span = lane.span();
            lane.deliver(phase).instrument(span)
        };
        #[cfg(not(feature = "tracing"))]
        let attempt = lane.deliver(phase);
        attempt.await;
    }

    /// Asks Partnero, for the whole fleet, whether it is there again; whether it was our turn, and
    /// the answer is on record.
    async fn probe(&self) -> bool {
        // By then the call is over, or whoever made it is.
        let hold = self.prober.deadline();
        let at = Instant::now();
        let taken = match self.outbox.store.take_probe(hold).await {
            Ok(taken) => taken,
            Err(error) => {
                self.watch.database_fails(&error);
                return false;
            }
        };
        let Some(before) = taken else {
            return false;
        };
        self.gate.saw(at, Passage::Probe);
        let written = match self.prober.program().test().await {
            Err(error) if is_outage(error.kind()) => {
                let asked = error.retry_after();
                let wait = self
                    .settings
                    .probes
                    .after(before + 2, asked, chance::fraction());
                self.outbox.store.defer_probe(wait).await
            }
            // Whatever it says, it answers.
            _ => {
                self.signs.up();
                self.outbox.store.open_gate().await
            }
        };
        if let Err(error) = &written {
            self.watch.database_fails(error);
        }
        written.is_ok()
    }

    async fn drain(&self, mut lanes: JoinSet<()>, phase: &watch::Sender<Phase>) -> usize {
        let now = *phase.borrow();
        if let Phase::Draining { until } = now {
            while let Ok(Some(_)) = timeout_at(until, lanes.join_next()).await {}
        }
        while lanes.try_join_next().is_some() {}
        let unfinished = lanes.len();
        phase.send_replace(Phase::Cut);
        let _ = timeout(GIVE_BACK, async {
            while lanes.join_next().await.is_some() {}
        })
        .await;
        unfinished
    }
}

fn is_outage(kind: ErrorKind) -> bool {
    kind.leaves_doubt()
        || matches!(
            kind,
            ErrorKind::Connect | ErrorKind::Busy | ErrorKind::RateLimited | ErrorKind::Unauthorized
        )
}

/// What the loop waits for.
enum Wait {
    /// For a lane to end.
    Execution,
    /// For a lane to end, a row to be written, or the time to look.
    Work,
    Time(Duration),
}

impl Wait {
    async fn over(self, runner: &Dispatch, lanes: &mut JoinSet<()>, enqueued: Notified<'_>) {
        match self {
            Self::Time(time) => sleep(time).await,
            Self::Execution => gather(runner, lanes).await,
            Self::Work => {
                tokio::select! {
                    () = gather(runner, lanes), if !lanes.is_empty() => {}
                    () = enqueued => {}
                    () = sleep(runner.settings.poll) => {}
                }
            }
        }
    }
}

/// Waits until a good part of the lanes is free, or a moment after the first one is.
async fn gather(runner: &Dispatch, lanes: &mut JoinSet<()>) {
    if lanes.join_next().await.is_none() {
        return;
    }
    let moment = Instant::now() + GATHER;
    while lanes.len() > runner.settings.lanes / 2 {
        match timeout_at(moment, lanes.join_next()).await {
            Ok(Some(_)) => {}
            _ => return,
        }
    }
}
