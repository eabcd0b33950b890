//! The loop that claims rows and starts one execution for each.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::execution::{Claiming, Execution};
use super::places::{free_places, keep_some};
use super::probe::{Found, probe};
use super::shared::{Phase, Shared};
#[cfg(feature = "tracing")]
use crate::delivery::outbox::RunningWorker;
use crate::delivery::outbox::millis;
use crate::delivery::outbox::store::{Claim, Passage, Places, Repair};

/// How long the loop waits, after one execution has ended, for others to end: one claim then fills
/// several places, and costs the database one transaction.
const GATHER: Duration = Duration::from_millis(5);
/// While Partnero fails for some customers, how long after one claim the next one follows. Calls that
/// fail at once would otherwise keep the processor and the database from the rows that come in.
const PACE: Duration = Duration::from_millis(20);
/// How long after a failed claim the database is asked again.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// How often the worker looks for rows that wait for a row which a person has deleted by hand.
const REPAIR: Duration = Duration::from_secs(60);
/// How long after one step of that look the next one follows, so that its steps slow nobody.
const REPAIR_STEP: Duration = Duration::from_millis(100);
/// While rows are put aside that stand behind the heads of their lanes, the worker rests so many
/// times as long as that took, and no longer than it rests when nothing is due: others then wait for it a
/// tenth of the time at most, and the oldest rows are not left out for long.
const REST: u32 = 9;
/// How many rows a claim looks at while there are rows to put aside: what it finds is likely to stand
/// behind a head, and is read for nothing. And how many it leases for a row that was just enqueued
/// while Partnero fails for some customers: the others that it finds are likely to fail.
const FEW: usize = 4;

/// How long a stopping worker tries to give rows back. After that their leases end by themselves.
pub(super) const GIVE_BACK: Duration = Duration::from_secs(2);

pub(super) struct Dispatch {
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    executions: JoinSet<()>,
    /// Each execution of a row that has failed before holds a clone.
    repeated: Arc<()>,
    /// Each execution that only waits holds a clone. It takes no place.
    waiting: Arc<()>,
    /// How many claims were made.
    claims: usize,
    /// A row was enqueued, and no claim has looked for rows that were never tried since then.
    is_awaited: bool,
    /// When rows were leased for the last time.
    leased_at: Instant,
    /// Until then no rows are put aside.
    rests_until: Instant,
    /// How many rows a claim looks at meanwhile.
    looks_at: usize,
}

/// What the loop waits for before it claims again.
enum Wait {
    /// For an execution to end: every place is taken.
    Place,
    /// For an execution to end, a row to be enqueued, or the next look at the table after so long.
    Work(Duration),
    Time(Duration),
    /// For nothing: there are places and more rows.
    Nothing,
}

impl Dispatch {
    pub(super) fn new(shared: Shared, phase: watch::Sender<Phase>) -> Self {
        Self {
            shared: Arc::new(shared),
            phase,
            executions: JoinSet::new(),
            repeated: Arc::default(),
            waiting: Arc::default(),
            claims: 0,
            is_awaited: false,
            leased_at: Instant::now(),
            rests_until: Instant::now(),
            looks_at: FEW,
        }
    }

    /// Delivers until the phase says stop. The answer is how many reports were given back.
    pub(super) async fn run(mut self) -> usize {
        let mut phase = self.phase.subscribe();
        let shared = Arc::clone(&self.shared);
        let (mut repair, mut repair_at) = (Repair::beginning(), Instant::now());
        #[cfg(feature = "tracing")]
        let running = RunningWorker::of(&shared.outbox);
        loop {
            // Takes the ended executions out of the set, whose length is the number of taken
            // places.
            while self.executions.try_join_next().is_some() {}
            if *phase.borrow() != Phase::Running {
                break;
            }
            if Instant::now() >= repair_at {
                let step = shared.outbox.store.repair(&repair).await;
                let next = step.unwrap_or_else(|error| {
                    shared.monitor.database_fails(&error);
                    None
                });
                repair_at = Instant::now() + next.as_ref().map_or(REPAIR, |_| REPAIR_STEP);
                repair = next.unwrap_or_else(Repair::beginning);
            }
            // Made before the claim: a row that is enqueued during the claim also ends the wait.
            let enqueued = shared.outbox.enqueued.notified();
            let wait = self.fill().await;
            tokio::select! {
                () = self.wait(wait, enqueued) => {}
                _ = phase.changed() => {}
            }
        }
        #[cfg(feature = "tracing")]
        drop(running);
        self.drain().await
    }

    /// How many executions take a place.
    fn running(&self) -> usize {
        let waiting = Arc::strong_count(&self.waiting) - 1;
        self.executions.len().saturating_sub(waiting)
    }

    fn places(&self) -> Places {
        let repeated = Arc::strong_count(&self.repeated) - 1;
        let may_queue = Instant::now() >= self.rests_until;
        let lanes = self.shared.width.get();
        let free = free_places(lanes, self.running(), repeated, self.claims);
        let mut places = Places { may_queue, ..free };
        if !self.is_calm() {
            let kept = keep_some(lanes, places);
            places = if self.is_awaited {
                // The row that is awaited is among the newest. The places that are kept for it and
                // its like are left to it alone.
                Places {
                    all: free.all.min(kept.all.clamp(1, FEW)),
                    newest_first: true,
                    ..places
                }
            } else {
                kept
            };
        }
        if !may_queue {
            places.all = places.all.min(self.looks_at);
        }
        places
    }

    /// Whether Partnero has failed for nobody lately.
    fn is_calm(&self) -> bool {
        self.shared.suspicion.outage.is_calm()
    }

    /// Claims as many rows as there are free places.
    async fn fill(&mut self) -> Wait {
        let places = self.places();
        if places.all == 0 {
            return Wait::Place;
        }
        self.claims = self.claims.wrapping_add(1);
        let shared = &self.shared;
        let owner = shared.owner.next_claim();
        let at = Instant::now();
        let claim = shared
            .outbox
            .store
            .claim(&owner, shared.settings.lease, places)
            .await;
        match claim {
            Err(error) => {
                shared.monitor.database_fails(&error);
                Wait::Time(DATABASE_PAUSE)
            }
            Ok(Claim::Shut { probe_in }) => {
                shared.monitor.database_answers();
                shared.monitor.paused(true);
                // A claim reads the gate anyway. Noting it here saves a call the question.
                shared.gate.saw(at, Passage::Shut);
                if probe_in > 0 {
                    return Wait::Time(millis(probe_in).min(shared.settings.poll));
                }
                Wait::Time(if self.probe().await {
                    Duration::ZERO
                } else {
                    shared.settings.poll
                })
            }
            Ok(Claim::Open {
                now,
                pruned,
                rows,
                more,
                is_stuck,
            }) => {
                shared.monitor.database_answers();
                shared.monitor.paused(false);
                shared.gate.saw(at, Passage::Open);
                shared.clock.says(at, now);
                self.is_awaited &= places.fresh == 0;
                if is_stuck && places.may_queue {
                    let rest = (at.elapsed() * REST).min(shared.settings.poll);
                    self.rests_until = Instant::now() + rest;
                }
                // Heads among a few rows are a sign of more.
                let twice = self.looks_at.saturating_mul(2);
                self.looks_at = if is_stuck { FEW } else { twice };
                let claiming = Claiming { at, now, pruned };
                if !rows.is_empty() {
                    self.leased_at = at;
                }
                for row in rows {
                    let place = (row.attempts != 0).then(|| Arc::clone(&self.repeated));
                    let execution =
                        Execution::new(Arc::clone(shared), row, Arc::clone(&owner), claiming);
                    if execution.may_not_be_the_only_one() {
                        let waiting = Arc::clone(&self.waiting);
                        let execution = execution.outwait(self.phase.subscribe());
                        self.executions.spawn(async move {
                            execution.await;
                            drop(waiting);
                        });
                        continue;
                    }
                    let execution = execution.run(self.phase.subscribe());
                    // The place is given back when the task ends, also if the execution panics.
                    self.executions.spawn(async move {
                        execution.await;
                        drop(place);
                    });
                }
                if self.places().all == 0 {
                    Wait::Place
                } else if more && places.may_queue {
                    Wait::Nothing
                } else if more {
                    // What is left is likely to stand behind a head. To look for it at once would slow
                    // the rows that were just leased.
                    Wait::Work(GATHER)
                } else if is_stuck {
                    Wait::Work(self.rests_until.saturating_duration_since(Instant::now()))
                } else {
                    Wait::Work(shared.settings.poll)
                }
            }
        }
    }

    /// Asks Partnero, for the whole fleet, whether it answers again. `true` if this worker had the
    /// turn and has recorded the result.
    async fn probe(&self) -> bool {
        let Shared {
            outbox,
            gate,
            settings,
            random,
            suspicion,
            monitor,
            ..
        } = &*self.shared;
        // No other worker probes until this call has surely ended.
        let hold = suspicion.prober.deadline();
        let at = Instant::now();
        let probes_before = match outbox.store.take_probe(hold).await {
            Ok(Some(probes_before)) => probes_before,
            Ok(None) => return false,
            Err(error) => {
                monitor.database_fails(&error);
                return false;
            }
        };
        gate.saw(at, Passage::Probe);
        let asked = match probe(&suspicion.prober).await {
            Found::Answer => None,
            Found::Failure { asked } => Some(asked),
            Found::Nothing => Some(None),
        };
        let recorded = match asked {
            None => {
                suspicion.outage.probed(Some(true));
                outbox.store.open_gate().await
            }
            Some(asked) => {
                let chance = random.fraction();
                // The first wait was set when the gate was shut, so the first probe that fails is
                // followed by the second wait.
                let wait = settings.probes.after(probes_before + 2, asked, chance);
                outbox.store.defer_probe(wait).await
            }
        };
        if let Err(error) = &recorded {
            monitor.database_fails(error);
        }
        recorded.is_ok()
    }

    async fn wait(&mut self, wait: Wait, enqueued: Notified<'_>) {
        let mut enqueued = pin!(enqueued);
        let place = match wait {
            Wait::Nothing => None,
            Wait::Time(time) => {
                sleep(time).await;
                None
            }
            Wait::Place => {
                // While all is calm, no place is kept, and there is none for the row.
                let is_calm = self.is_calm();
                tokio::select! {
                    ended = self.executions.join_next() => ended,
                    () = &mut enqueued, if !is_calm => {
                        self.is_awaited = true;
                        None
                    }
                }
            }
            Wait::Work(time) => {
                tokio::select! {
                    Some(ended) = self.executions.join_next() => Some(ended),
                    () = &mut enqueued => {
                        self.is_awaited = true;
                        None
                    }
                    () = sleep(time) => None,
                }
            }
        };
        if place.is_some() {
            self.gather(enqueued.as_mut()).await;
        }
        if !self.is_awaited && !self.is_calm() {
            tokio::select! {
                () = enqueued => self.is_awaited = true,
                () = sleep_until(self.leased_at + PACE) => {}
            }
        }
    }

    /// After one execution has ended: waits, for a moment, until half of the places are free. While
    /// Partnero fails for some customers, a row that was just enqueued does not wait for that: it may
    /// be of an honest visitor, and the rows under way may all be of reports that fail.
    async fn gather(&mut self, mut enqueued: Pin<&mut Notified<'_>>) {
        let moment = Instant::now() + GATHER;
        while self.running() > self.shared.settings.lanes / 2
            && (!self.is_awaited || self.is_calm())
        {
            tokio::select! {
                () = &mut enqueued, if !self.is_awaited => self.is_awaited = true,
                Some(_) = self.executions.join_next() => {}
                () = sleep_until(moment) => return,
            }
        }
    }

    async fn drain(mut self) -> usize {
        let phase = *self.phase.borrow();
        if let Phase::Draining { until } = phase {
            while let Ok(Some(_)) = timeout_at(until, self.executions.join_next()).await {}
        }
        // Those that ended right at the deadline have written their result and are not unfinished.
        while self.executions.try_join_next().is_some() {}
        let unfinished = self.executions.len();
        self.phase.send_replace(Phase::Cut);
        // The phase has told the executions to give their rows back, which needs the database.
        let _ = timeout(GIVE_BACK, async {
            while self.executions.join_next().await.is_some() {}
        })
        .await;
        unfinished
    }
}

#[cfg(test)]
mod claim_tests;

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use http::Method;

    use crate::client::{Amount, ApiKey, Client, Money, NewCustomer};
    use crate::delivery::outbox::Outbox;
    use crate::delivery::outbox::store::{Memory, Store, Table};
    use crate::delivery::report::Sale;
    use crate::delivery::worker::DeliveryWorker;
    use crate::sandbox::switches::UnreferredSale;
    use crate::sandbox::{Fault, Sandbox};

    use super::*;

    /// For tables in a database `tests/outbox/clocks.rs` has this test.
    #[tokio::test]
    async fn a_clock_that_jumps_amid_a_sale_pays_nothing_twice() {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.switch(UnreferredSale::Recorded);
        let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap());
        let client = client.base_url(sandbox.base_url());
        let client = client.timeout(Duration::from_secs(1)).build().unwrap();
        let memory = Memory::default();
        let mut outbox = Outbox::memory();
        outbox.store = Store::new(Table::Memory(memory.clone()));
        outbox.enqueue(NewCustomer::new("ben")).await.unwrap();
        let price = Money::currency(Amount::major("19.90").unwrap(), "EUR");
        outbox
            .enqueue(Sale::new("o-1", "ben", price))
            .await
            .unwrap();
        let slow = Fault::delay(Duration::from_millis(500));
        sandbox.inject(slow.on(Method::POST, "/v1/transactions").times(1));
        let worker = DeliveryWorker::builder(outbox.clone(), client)
            .poll(Duration::from_millis(10))
            .look_up_after(Duration::from_secs(2));
        let worker = worker.start().unwrap();
        let sales = || {
            let calls = sandbox.requests();
            let sales = calls
                .iter()
                .filter(|call| call.method == Method::POST && call.path == "/v1/transactions");
            sales.count()
        };
        while sales() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        memory.jump(600_000);
        while !outbox.status().await.unwrap().is_drained() {
            sleep(Duration::from_millis(5)).await;
        }
        worker.stop(Duration::from_secs(5)).await;
        assert_eq!(sales(), 1);
        assert_eq!(sandbox.transactions().len(), 1);
    }
}
