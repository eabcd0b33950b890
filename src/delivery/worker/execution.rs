//! One attempt to deliver one row, from its claim to what is written about it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tower_service::Service;

use super::call_gates::AttemptGate;
use super::lease::WithinLease;
use super::outage::Failure;
use super::shared::{Phase, Shared};
use super::writer::Settled;
use crate::client::CustomerRef;
#[cfg(feature = "tracing")]
use crate::client::Error;
use crate::delivery::deliver::{Attempt, DeadReason, Deliverer, DeliveryError, Receipt, Sign};
use crate::delivery::outbox::store::{Announced, Check, Claimed, Next, NextLease, Op, Sent};
use crate::delivery::outbox::{millis, read_report, to_millis};
use crate::delivery::referrer::candidates;
use crate::delivery::report::{Report, ReportKind};

/// What was known when the row was claimed.
#[derive(Clone, Copy)]
pub(super) struct Claiming {
    /// By this process's clock, read before the database was asked.
    pub(super) at: Instant,
    /// By the database's clock.
    pub(super) now: i64,
    /// Receipts of sales were deleted before the claim.
    pub(super) pruned: bool,
}

/// For how long an execution goes on with the next rows of its customer. Then it makes room for
/// others.
const LONGEST_STAY: Duration = Duration::from_secs(1);

pub(super) struct Execution {
    shared: Arc<Shared>,
    row: Claimed,
    /// Who holds the lease of the row: a claim, or the row before.
    owner: Arc<str>,
    claiming: Claiming,
    /// When the first row was claimed.
    since: Instant,
}

impl Execution {
    pub(super) fn new(
        shared: Arc<Shared>,
        row: Claimed,
        owner: Arc<str>,
        claiming: Claiming,
    ) -> Self {
        Self {
            shared,
            row,
            owner,
            claiming,
            since: claiming.at,
        }
    }

    /// Whether the owner before may just be sending the report. Its lease is over by the database's
    /// clock, and that clock may have jumped.
    pub(super) fn may_not_be_the_only_one(&self) -> bool {
        // A credit is not looked up but parked for a person, so there is nothing to wait for.
        self.row.is_abandoned && self.row.sent_at.is_some() && self.row.kind != ReportKind::Credit
    }

    /// Keeps the row from everybody until a request that was under way at the claim is over, by this
    /// process's own clock, and then gives it back. Whoever claims it next looks it up at Partnero.
    pub(super) async fn outwait(self, mut phase: watch::Receiver<Phase>) {
        let pause = self.shared.settings.look_up_after;
        let op = tokio::select! {
            // From now on: the owner before may have announced the report after this claim was asked
            // for, as long as the claim had not been made.
            () = sleep(pause) => self.give_back(),
            _ = phase.wait_for(|phase| *phase != Phase::Running) => self.release(pause, Sent::Keep),
        };
        self.shared.writer.settle(&self.owner, op).await;
    }

    /// Delivers the row, and then the next rows of the same customer.
    pub(super) async fn run(self, mut phase: watch::Receiver<Phase>) {
        let mut next = Some(self);
        while let Some(execution) = next {
            next = execution.deliver_one(&mut phase).await;
        }
    }

    async fn deliver_one(self, phase: &mut watch::Receiver<Phase>) -> Option<Self> {
        // A guard: the count also goes down if the attempt panics.
        let _in_flight = self.shared.monitor.begins();
        #[cfg(feature = "tracing")]
        let attempt = {
            use tracing::Instrument;
            let span = tracing::info_span!(
                "partnero_delivery",
                row = self.row.id,
                kind = self.row.kind.as_str(),
                attempt = self.row.attempts + 1,
            );
            self.deliver(phase).instrument(span)
        };
        #[cfg(not(feature = "tracing"))]
        let attempt = self.deliver(phase);
        attempt.await
    }

    async fn deliver(&self, phase: &mut watch::Receiver<Phase>) -> Option<Self> {
        let mut op = self.attempt(phase).await?;
        let is_done = matches!(op, Op::Done { .. });
        let is_settled = is_done || matches!(op, Op::Dead { .. });
        let owner = self.shared.owner.next_claim();
        if let Op::Done { next, .. } = &mut op
            && self.may_go_on(phase)
        {
            *next = Some(NextLease {
                owner: Arc::clone(&owner),
                lease: to_millis(self.shared.settings.lease),
            });
        }
        // Before the database is asked, so that the lease does not end before this says so.
        let at = Instant::now();
        let Settled::Ours(next) = self.shared.writer.settle(&self.owner, op).await else {
            #[cfg(feature = "tracing")]
            tracing::warn!(
                row = self.row.id,
                "the lease ended before the result of a delivery was written; another worker \
                 claims the row"
            );
            return None;
        };
        if is_settled {
            self.shared.width.grow();
        }
        if is_done {
            self.shared.monitor.delivered();
        }
        let Next { row, now, pruned } = *next?;
        self.shared.clock.says(at, now);
        let next = Self {
            shared: Arc::clone(&self.shared),
            row,
            owner,
            claiming: Claiming { at, now, pruned },
            since: self.since,
        };
        if !self.may_go_on(phase) {
            next.shared
                .writer
                .settle(&next.owner, next.give_back())
                .await;
            return None;
        }
        Some(next)
    }

    fn may_go_on(&self, phase: &watch::Receiver<Phase>) -> bool {
        *phase.borrow() == Phase::Running && self.since.elapsed() < LONGEST_STAY
    }

    /// Gives a row back that was not tried.
    fn give_back(&self) -> Op {
        self.release(Duration::ZERO, Sent::Keep)
    }

    /// What to write about the row. `None` if it waits for another row: that is written already.
    async fn attempt(&self, phase: &mut watch::Receiver<Phase>) -> Option<Op> {
        let row = &self.row;
        let settings = &self.shared.settings;
        let payload = row.payload.as_deref().unwrap_or_default();
        let report = match read_report(row.kind, &row.key, &row.customer, payload) {
            Ok(report) => report,
            Err(error) => return Some(self.dead(&DeliveryError::unreadable(error))),
        };
        if let Some(wait) = self.still_under_way() {
            return Some(self.release(wait, Sent::Keep));
        }
        let announced = Instant::now();
        let attempt = match self.announce(report).await {
            Ok(attempt) => attempt,
            Err(op) => return op,
        };
        let call = self.deliverer(announced).call(attempt);
        let call = WithinLease::new(call, self.claiming.at, settings.lease);
        let result = tokio::select! {
            // The order counts: after the cut, the call must not be polled once more.
            biased;
            _ = phase.wait_for(|phase| *phase == Phase::Cut) => None,
            result = call => result,
        };
        let Some(result) = result else {
            // The call was dropped on its way, so it may have reached Partnero.
            return Some(self.release(settings.look_up_after, Sent::Keep));
        };
        self.watch_for_outage(&result).await;
        if let Err(error) = &result
            && self.is_held_for_referrer(error).await
        {
            return None;
        }
        #[cfg(feature = "tracing")]
        tell(&result);
        Some(match result {
            Ok(receipt) => Op::Done {
                id: row.id,
                outcome: receipt.to_string(),
                is_deletion: row.kind == ReportKind::Deletion,
                next: None,
            },
            Err(error) if error.is_dead() => self.dead(&error),
            // This client refused the call before it was sent, so it is no attempt.
            Err(error) if error.was_held_back() => self.release(settings.poll, self.sent(&error)),
            Err(error) => self.retry(&error),
        })
    }

    /// A deliverer that begins calls only as long as each of them is over when another worker looks
    /// the report up.
    fn deliverer(&self, announced: Instant) -> Deliverer {
        let Shared {
            client,
            gate,
            settings,
            suspicion,
            width,
            ..
        } = &*self.shared;
        let timeout = client.timeout();
        // `look_up_after` is longer than one request may take (the builder checks that), so a
        // request that is begun before this moment is over when the lease ends.
        let mut until = self.claiming.at + settings.lease.saturating_sub(settings.look_up_after);
        if self.must_be_sent_once() {
            // If the database's clock jumps after the announcement, another worker claims the row
            // and waits for `look_up_after`.
            until = until.min(announced + settings.look_up_after.saturating_sub(timeout));
        }
        let gate = AttemptGate {
            gate: gate.clone(),
            until,
            timeout,
            outage: suspicion.outage.clone(),
            width: width.clone(),
        };
        Deliverer::new(client.behind(Arc::new(gate)))
    }

    /// For how long the request of an earlier attempt may still be on its way to Partnero.
    fn still_under_way(&self) -> Option<Duration> {
        // A credit is not looked up but parked for a person, so there is nothing to wait for.
        if self.row.kind == ReportKind::Credit {
            return None;
        }
        // Both are times of the database, so a wrong clock of this machine changes nothing.
        let since = millis(self.claiming.now - self.row.sent_at?);
        // If that clock has jumped in between, less time has gone by than the two times say. A worker
        // that has just started cannot know whether it has.
        let since = since.min(self.shared.clock.steady_for());
        let left = self.shared.settings.look_up_after.checked_sub(since)?;
        (!left.is_zero()).then_some(left)
    }

    /// Asks the database, right before the call, whether the row may be sent, and how. `Err` holds
    /// what to write about a row that is not sent now.
    async fn announce(&self, report: Report) -> Result<Attempt, Option<Op>> {
        let row = &self.row;
        let once = self.must_be_sent_once();
        let check = match &report {
            Report::Customer(new) => {
                // Partners do not sign up through the outbox, so no report waits for one.
                let candidates = candidates(new);
                let referrers = candidates.iter();
                let referrers: Vec<CustomerRef> = referrers
                    .filter_map(|(referrer, _)| referrer.as_customer().cloned())
                    .collect();
                (!referrers.is_empty()).then_some(Check::Referrers {
                    names: referrers,
                    is_patient: self.is_young(),
                })
            }
            Report::Refund(_) => Some(Check::CustomerAndSale {
                customer: row.customer.clone(),
                key: row.key.clone(),
            }),
            Report::Deletion(_) => Some(Check::Nothing),
            Report::Sale(_) | Report::Credit(_) => Some(Check::Customer(row.customer.clone())),
        };
        let mut attempt = Attempt::new(report);
        // With its receipt deleted, a sale of this key may have been paid before.
        let may_be_paid = self.claiming.pruned && row.kind == ReportKind::Transaction;
        if once && (row.sent_at.is_some() || may_be_paid) {
            attempt = attempt.again();
        }
        // A customer without a referrer waits for nobody and may be sent twice without harm.
        let Some(check) = check else {
            return Ok(attempt);
        };
        let settings = &self.shared.settings;
        let writer = &self.shared.writer;
        match writer.announce(&self.owner, row.id, check, once).await {
            Announced::Clear {
                customer_outcome,
                pending_referrers,
            } => Ok(attempt
                .keep_referrer(self.is_young())
                .pending_referrers(pending_referrers)
                .referred(customer_outcome.as_deref().and_then(was_referred))),
            Announced::Held => Err(None),
            // Nothing was sent: the fleet pauses, or the lease is not ours any more. In the second
            // case this change does not touch the row either.
            Announced::Refused => Err(Some(
                self.release(settings.poll, Sent::Restore(row.sent_at)),
            )),
        }
    }

    /// All but a sign-up must not be sent twice: a deletion that is sent late would delete who has
    /// signed up again.
    fn must_be_sent_once(&self) -> bool {
        self.row.kind != ReportKind::Customer
    }

    /// Whether the referrer of this sign-up may still be about to sign up.
    fn is_young(&self) -> bool {
        let age = millis(self.claiming.now - self.row.created_at);
        age < self.shared.settings.referrer_grace
    }

    /// Lets the row wait for its referrer's own sign-up, if that should arrive first and is the older
    /// one. A younger one is looked for again with the next try.
    async fn is_held_for_referrer(&self, error: &DeliveryError) -> bool {
        let Some(referrer) = error.awaited() else {
            return false;
        };
        let check = Check::Referrer(referrer.clone());
        let writer = &self.shared.writer;
        let announced = writer.announce(&self.owner, self.row.id, check, false);
        announced.await == Announced::Held
    }

    /// Pauses the fleet if Partnero seems to be down. After a 429 the client's own gate has done it.
    async fn watch_for_outage(&self, result: &Result<Receipt, DeliveryError>) {
        let Shared {
            settings,
            suspicion,
            ..
        } = &*self.shared;
        let outage = &suspicion.outage;
        let error = result.as_ref().err();
        let sign = error.map_or(Sign::Up, DeliveryError::sign);
        let asked = error.and_then(DeliveryError::retry_after);
        match sign {
            Sign::Up => outage.partnero_answers(),
            Sign::None => {}
            Sign::Failing | Sign::Down => {
                let failure = Failure {
                    customer: &self.row.customer,
                    is_repeated: self.row.failing_ms.is_some(),
                    is_certain: sign == Sign::Down,
                };
                if !outage.partnero_fails(&failure, settings.outage_lanes) {
                    return;
                }
                // Without a connection the report cannot be the cause, and a `Retry-After` says
                // what to do: both need no probe.
                if sign == Sign::Down || asked.is_some() {
                    suspicion.pause(asked).await;
                } else {
                    // In a task of its own, because the row's result must not wait for it.
                    tokio::spawn(suspicion.clone().probe());
                }
            }
        }
    }

    fn release(&self, after: Duration, sent: Sent) -> Op {
        Op::Release {
            id: self.row.id,
            after: to_millis(after),
            sent,
        }
    }

    fn dead(&self, error: &DeliveryError) -> Op {
        let reason = error.dead_reason().unwrap_or(DeadReason::Refused);
        self.dead_because(reason, error)
    }

    fn dead_because(&self, reason: DeadReason, error: &DeliveryError) -> Op {
        Op::Dead {
            id: self.row.id,
            reason: reason.as_str(),
            sent: self.sent(error),
            answer: error.last_answer(),
        }
    }

    fn retry(&self, error: &DeliveryError) -> Op {
        let (row, settings) = (&self.row, &self.shared.settings);
        let before = row.failing_ms.unwrap_or(0);
        let answered = error.was_answered(row.sent_at.is_some());
        // Counted in time and not in attempts: an outage of days must not use a report's attempts
        // up. Nor does its first attempt without an answer end the report.
        if answered && millis(before) >= settings.give_up_after {
            return self.dead_because(DeadReason::TooOld, error);
        }
        let chance = self.shared.random.fraction();
        let mut wait = settings
            .waits
            .after(row.attempts + 1, error.retry_after(), chance);
        if error.may_have_arrived() && row.kind != ReportKind::Customer {
            wait = wait.max(settings.look_up_after);
        }
        Op::Retry {
            id: row.id,
            after: to_millis(wait),
            sent: self.sent(error),
            failing: settings.waits.failing(before, wait, answered),
            answer: error.last_answer(),
        }
    }

    /// The note that this row was sent is taken back if the error proves that this send did
    /// nothing. The note of an earlier send stays.
    fn sent(&self, error: &DeliveryError) -> Sent {
        if error.may_have_arrived() {
            Sent::Keep
        } else {
            Sent::Restore(self.row.sent_at)
        }
    }
}

#[cfg(feature = "tracing")]
fn tell(result: &Result<Receipt, DeliveryError>) {
    match result {
        Ok(receipt) => tracing::info!(outcome = receipt.to_string(), "report delivered"),
        Err(error) => {
            let call = error.call();
            // Without an answer of Partnero, the network's own words name no customer.
            let unanswered = call.filter(|call| call.status().is_none());
            tracing::warn!(
                dead = error.dead_reason().map(DeadReason::as_str),
                kind = call.map(|call| tracing::field::debug(call.kind())),
                address = call.and_then(Error::address),
                status = call.and_then(Error::status).map(|status| status.as_u16()),
                source = unanswered.and_then(std::error::Error::source),
                "report not delivered"
            );
        }
    }
}

/// Whether the customer was referred, by the outcome on the receipt of the customer's sign-up.
/// `None` if the receipt does not say so.
fn was_referred(outcome: &str) -> Option<bool> {
    let name = outcome.split("_without_").next()?;
    match name {
        // "referrer_ignored": the referrer was sent and the answer named none, which proves nothing.
        // If such a customer's sale is refused, the reason may be another one.
        "referred" | "referred_trimmed_key" | "referred_runner_up" | "referrer_ignored" => {
            Some(true)
        }
        "not_referred" | "self_referral" | "unknown_referrer" | "no_partner"
        | "unknown_partner" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refused sale of a customer who was not referred is no failure.
    #[test]
    fn a_receipt_tells_whether_its_customer_was_referred() {
        for (outcome, expected) in [
            ("referred", Some(true)),
            ("referred_trimmed_key", Some(true)),
            ("referred_runner_up_without_email", Some(true)),
            ("referrer_ignored", Some(true)),
            ("not_referred", Some(false)),
            ("self_referral_without_key", Some(false)),
            ("unknown_referrer", Some(false)),
            ("no_partner", Some(false)),
            ("unknown_partner", Some(false)),
            ("existing", None),
            ("discarded", None),
            ("", None),
        ] {
            assert_eq!(was_referred(outcome), expected, "{outcome}");
        }
    }
}
