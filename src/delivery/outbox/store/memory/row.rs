//! One row, and the changes that concern no other row.

use crate::delivery::outbox::DeadLetter;
use crate::delivery::outbox::OutboxRow;
use crate::delivery::outbox::clock::{now, time};
use crate::delivery::outbox::forgotten::NOBODY;
use crate::delivery::outbox::store::{Claimed, Kind, Sent};
use crate::delivery::report::ReportKind;

pub(super) struct Row {
    pub(super) claimed: Claimed,
    pub(super) public_key: Option<String>,
    pub(super) state: State,
    pub(super) due_at: i64,
    pub(super) outcome: Option<String>,
    pub(super) last_answer: String,
    pub(super) settled_at: i64,
}

#[derive(Clone, PartialEq)]
pub(super) enum State {
    Due,
    Leased(String),
    Held { waits_for: i64 },
    Done,
    Dead,
}

impl State {
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Self::Due | Self::Leased(_))
    }

    /// The state's name in a database.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Leased(_) => "leased",
            Self::Held { .. } => "held",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

impl Row {
    /// A new row, which waits for another one or is due.
    pub(super) fn new(id: i64, new: &OutboxRow, waits_for: Option<i64>) -> Self {
        let now = now();
        let claimed = Claimed {
            id,
            kind: new.kind,
            key: new.key.clone(),
            customer: new.customer.clone(),
            payload: Some(new.payload.clone()),
            attempts: 0,
            created_at: now,
            sent_at: None,
            is_abandoned: false,
            failing_ms: None,
        };
        Self {
            claimed,
            public_key: new.public_key.clone(),
            state: waits_for.map_or(State::Due, |waits_for| State::Held { waits_for }),
            due_at: now,
            outcome: None,
            last_answer: String::new(),
            settled_at: 0,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self.claimed.attempts {
            0 => Kind::Fresh,
            _ => Kind::Repeated,
        }
    }

    pub(super) fn lease(&mut self, owner: &str, until: i64) {
        self.claimed.is_abandoned = self.state != State::Due;
        // A lease that ran out was an attempt.
        if self.claimed.is_abandoned {
            self.claimed.attempts += 1;
        }
        self.state = State::Leased(owner.to_owned());
        self.due_at = until;
    }

    /// Makes a dead letter due again.
    pub(super) fn replay(&mut self) {
        self.state = State::Due;
        self.due_at = now();
        self.outcome = None;
        self.claimed.attempts = 0;
        self.claimed.failing_ms = None;
        // The person who replays a credit has found out that it did not arrive.
        if self.claimed.kind == ReportKind::Credit {
            self.claimed.sent_at = None;
        }
    }

    pub(super) fn letter(&self) -> DeadLetter {
        DeadLetter {
            id: self.claimed.id,
            kind: self.claimed.kind,
            key: self.claimed.key.clone(),
            customer: self.claimed.customer.clone(),
            reason: self.outcome.clone().unwrap_or_default(),
            last_answer: self.last_answer.clone(),
            attempts: u64::try_from(self.claimed.attempts).unwrap_or(0),
            enqueued_at: time(self.claimed.created_at),
            died_at: time(self.settled_at),
        }
    }

    /// The row as a database would show it, column by column.
    pub(super) fn object(&self, program: &str) -> serde_json::Value {
        let Claimed {
            id,
            kind,
            key,
            customer,
            payload,
            attempts,
            created_at,
            sent_at,
            is_abandoned: _,
            failing_ms,
        } = &self.claimed;
        let payload = payload.as_deref().map(|payload| {
            serde_json::from_str(payload).unwrap_or_else(|_| serde_json::Value::from(payload))
        });
        let owner = match &self.state {
            State::Leased(owner) => Some(owner),
            _ => None,
        };
        let waits_for = match self.state {
            State::Held { waits_for } => Some(waits_for),
            _ => None,
        };
        let is_settled = matches!(self.state, State::Done | State::Dead);
        serde_json::json!({
            "id": id, "program": program, "kind": kind.as_str(), "key": key, "customer": customer,
            "public_key": self.public_key, "payload": payload, "state": self.state.name(),
            "owner": owner, "outcome": self.outcome,
            "last_answer": (!self.last_answer.is_empty()).then_some(&self.last_answer),
            "due_at": self.due_at, "waits_for": waits_for, "sent_at": sent_at,
            "attempts": attempts, "failing_ms": failing_ms,
            "created_at": created_at, "settled_at": is_settled.then_some(self.settled_at),
        })
    }

    pub(super) fn settle(&mut self, state: State, outcome: &str, answer: &str) {
        self.state = state;
        self.outcome = Some(outcome.to_owned());
        answer.clone_into(&mut self.last_answer);
        self.settled_at = now();
    }

    pub(super) fn note(&mut self, sent: Sent) {
        if let Sent::Restore(sent_at) = sent {
            self.claimed.sent_at = sent_at;
        }
    }

    pub(super) fn forget(&mut self) {
        self.claimed.payload = None;
        self.public_key = None;
    }

    /// Takes the identifier out of the receipt of a deletion.
    pub(super) fn empty_deletion(&mut self) {
        if self.claimed.kind == ReportKind::Deletion {
            NOBODY.clone_into(&mut self.claimed.customer);
            self.claimed.key = format!("{NOBODY} {}", self.claimed.id);
        }
    }

    pub(super) fn is_customer(&self, id: &str) -> bool {
        self.claimed.kind == ReportKind::Customer && self.claimed.key == id
    }
}
