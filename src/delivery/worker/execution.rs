//! One attempt of one row, from its claim to its settlement.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tower_service::Service;

use super::answer::answer;
use super::call_gates::AttemptGate;
use super::dispatch::{Dispatch, Phase};
use super::lease::WithinLease;
use super::retry::LONGEST_ASKED;
#[cfg(feature = "tracing")]
use crate::client::Error;
use crate::delivery::deliver::{Attempt, DeadReason, Deliverer, DeliveryError, Receipt, Sign};
use crate::delivery::outbox::store::{Announced, Check, Claimed, Op, Sent};
use crate::delivery::outbox::{millis, to_millis};
use crate::delivery::report::{Report, ReportKind};

/// What was known when the row was claimed.
#[derive(Clone, Copy)]
pub(super) struct Claiming {
    /// By this process's clock, before the database was asked.
    pub(super) at: Instant,
    /// By the database's clock.
    pub(super) now: i64,
    /// Receipts of sales were pruned.
    pub(super) pruned: bool,
}

pub(super) struct Execution {
    runner: Dispatch,
    row: Claimed,
    /// Whose lease it is.
    owner: Arc<str>,
    claiming: Claiming,
}

impl Execution {
    pub(super) fn new(runner: Dispatch, row: Claimed, owner: Arc<str>, claiming: Claiming) -> Self {
        Self {
            runner,
            row,
            owner,
            claiming,
        }
    }

    #[cfg(feature = "tracing")]
    pub(super) fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "partnero_delivery",
            row = self.row.id,
            kind = self.row.kind.as_str(),
            attempt = self.row.attempts + 1,
        )
    }

    pub(super) async fn deliver(self, mut phase: watch::Receiver<Phase>) {
        let Some(op) = self.attempt(&mut phase).await else {
            return;
        };
        let is_done = matches!(op, Op::Done { .. });
        let was_ours = self.runner.ledger.settle(&self.owner, op).await;
        if is_done && was_ours {
            self.runner.watch.delivered();
        }
        if !was_ours {
            #[cfg(feature = "tracing")]
            tracing::warn!(row = self.row.id, "a delivery ended after its lease");
        }
    }

    /// What to write about the row; nothing where that is done already.
    async fn attempt(&self, phase: &mut watch::Receiver<Phase>) -> Option<Op> {
        let row = &self.row;
        let payload = row.payload.as_deref().unwrap_or_default();
        let report = match Report::read(row.kind, &row.key, &row.customer, payload) {
            Ok(report) => report,
            Err(error) => return Some(self.died(&DeliveryError::unreadable(error))),
        };
        if let Some(wait) = self.still_under_way() {
            return Some(self.give_back(wait, Sent::Keep));
        }
        let attempt = match self.announce(report).await {
            Ok(attempt) => attempt,
            Err(op) => return op,
        };
        let end = WithinLease::new(
            self.deliverer().call(attempt),
            self.claiming.at,
            self.runner.settings.lease,
        );
        let result = tokio::select! {
            // It takes no step more.
            biased;
            // The worker was told to stop and its time is up.
            _ = phase.wait_for(|phase| *phase == Phase::Cut) => None,
            result = end => result,
        };
        let Some(result) = result else {
            // Nobody knows how far it came.
            return Some(self.give_back(self.runner.settings.look_up_after, Sent::Keep));
        };
        self.heed(&result).await;
        #[cfg(feature = "tracing")]
        tell(&result);
        Some(match result {
            Ok(delivered) => Op::Done {
                id: row.id,
                outcome: delivered.as_str(),
            },
            Err(error) if error.is_dead() => self.died(&error),
            Err(error) if error.was_held_back() => {
                self.give_back(self.runner.settings.poll, self.sent(&error))
            }
            Err(error) => self.try_again(&error),
        })
    }

    /// Begins calls only as long as each is over, like any call, by the end of the lease.
    fn deliverer(&self) -> Deliverer {
        let settings = &self.runner.settings;
        let gate = self.runner.gate.clone();
        let until = self.claiming.at + settings.lease.saturating_sub(settings.look_up_after);
        let client = &self.runner.client;
        let timeout = client.timeout();
        let gate = Arc::new(AttemptGate {
            gate,
            until,
            timeout,
        });
        Deliverer::new(client.behind(gate))
    }

    /// How long the request of an earlier attempt may still be under way.
    fn still_under_way(&self) -> Option<Duration> {
        let sent_at = self.row.sent_at?;
        let since = millis(self.claiming.now - sent_at);
        let left = self.runner.settings.look_up_after.checked_sub(since)?;
        (!left.is_zero() && self.row.kind != ReportKind::Credit).then_some(left)
    }

    /// The last look before the call: what is known now that decides how it is made.
    async fn announce(&self, report: Report) -> Result<Attempt, Option<Op>> {
        let row = &self.row;
        let is_money = row.kind != ReportKind::Customer;
        let check = match &report {
            Report::Customer(new) => new
                .referrer()
                .map(|referrer| Check::Referrer(referrer.as_str().to_owned())),
            Report::Refund(_) => Some(Check::CustomerAndSale {
                customer: row.customer.clone(),
                key: row.key.clone(),
            }),
            Report::Sale(_) | Report::Credit(_) => Some(Check::Customer(row.customer.clone())),
        };
        let mut attempt = Attempt::new(report);
        // Without receipts nobody remembers whether it was paid before.
        let may_be_paid = self.claiming.pruned && row.kind == ReportKind::Transaction;
        if is_money && (row.sent_at.is_some() || may_be_paid) {
            attempt = attempt.again();
        }
        let Some(check) = check else {
            return Ok(attempt);
        };
        let ledger = &self.runner.ledger;
        match ledger.announce(&self.owner, row.id, check, is_money).await {
            Announced::Clear {
                customer_outcome,
                referrer_pending,
            } => {
                let age = millis(self.claiming.now - row.created_at);
                let is_young = age < self.runner.settings.referrer_grace;
                Ok(attempt
                    .keep_referrer(referrer_pending || is_young)
                    .referred(customer_outcome.as_deref().and_then(was_referred)))
            }
            Announced::Held => Err(None),
            Announced::Refused => Err(Some(
                self.give_back(self.runner.settings.poll, Sent::Restore(row.sent_at)),
            )),
        }
    }

    /// Sees to it that the fleet pauses where Partnero seems to be down. Where Partnero has asked
    /// for it, the client has seen to it.
    async fn heed(&self, result: &Result<Receipt, DeliveryError>) {
        let runner = &self.runner;
        match result
            .as_ref()
            .map_or_else(DeliveryError::sign, |_| Sign::Up)
        {
            Sign::Up => runner.signs.up(),
            Sign::None => {}
            Sign::Down => {
                let enough = runner.settings.outage_lanes;
                if runner.signs.down(&self.row.customer, enough) {
                    let asked = result.as_ref().err().and_then(DeliveryError::retry_after);
                    let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
                    let until = Instant::now() + runner.settings.probes.first.max(asked);
                    runner.gate.shut_until("Partnero fails", until).await;
                }
            }
        }
    }

    fn give_back(&self, after: Duration, sent: Sent) -> Op {
        Op::Release {
            id: self.row.id,
            after: to_millis(after),
            sent,
        }
    }

    fn died(&self, error: &DeliveryError) -> Op {
        let reason = error.dead_reason().unwrap_or(DeadReason::Refused);
        Op::Dead {
            id: self.row.id,
            reason: reason.as_str(),
            sent: self.sent(error),
            answer: answer(error),
        }
    }

    fn try_again(&self, error: &DeliveryError) -> Op {
        let (row, settings) = (&self.row, &self.runner.settings);
        let elapsed = to_millis(self.claiming.at.elapsed());
        let now = self.claiming.now.saturating_add(elapsed);
        let answered = error.was_answered(row.sent_at.is_some());
        let failing = settings
            .waits
            .failing(row.failing_ms, row.tried_at, now, answered);
        if millis(failing) >= settings.give_up_after {
            return Op::Dead {
                id: row.id,
                reason: DeadReason::TooOld.as_str(),
                sent: self.sent(error),
                answer: answer(error),
            };
        }
        let chance = super::chance::fraction();
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
            failing,
            answer: answer(error),
        }
    }

    /// A send that is proven to have done nothing is forgotten; one of an earlier attempt is not.
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
        Ok(delivered) => tracing::info!(outcome = delivered.as_str(), "report delivered"),
        Err(error) => {
            let call = error.call();
            tracing::warn!(
                dead = error.dead_reason().map(DeadReason::as_str),
                kind = call.map(|call| tracing::field::debug(call.kind())),
                status = call.and_then(Error::status).map(|status| status.as_u16()),
                "report not delivered"
            );
        }
    }
}

/// Whether a receipt of a sign-up says that the customer was referred; `None` where it leaves that
/// open.
fn was_referred(outcome: &str) -> Option<bool> {
    match outcome {
        // An answer that names no referrer after one was sent proves nothing, and a sale that was
        // refused for another reason must not pass for one that nobody wants.
        "referred" | "referrer_ignored" => Some(true),
        "not_referred" | "self_referral" | "unknown_referrer" => Some(false),
        _ => None,
    }
}
