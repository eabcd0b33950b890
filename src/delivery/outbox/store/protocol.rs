//! What a worker and the table say to each other: a claim of rows, and changes of rows that were
//! leased.

use std::fmt;
use std::sync::Arc;

use crate::client::CustomerRef;
use crate::delivery::report::ReportKind;

/// In milliseconds: a row that is due so shortly before a pause ends was put off by that pause. The
/// report that got the 429 waits as long as the fleet, but its time is reckoned apart, and ends some
/// milliseconds earlier or later.
pub(super) const END_OF_PAUSE: i64 = 1_000;

/// A row that a claim has leased.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) kind: ReportKind,
    pub(crate) key: String,
    pub(crate) customer: String,
    pub(crate) payload: Option<String>,
    /// How many attempts have ended before this one.
    pub(crate) attempts: i64,
    pub(crate) created_at: i64,
    /// When a send was announced, if it is not known whether the report arrived.
    pub(crate) sent_at: Option<i64>,
    /// The lease of another owner has run out, who may still be at work on the row.
    pub(crate) is_abandoned: bool,
    /// For how long Partnero has been answering without taking the report. `None` if no attempt has
    /// failed yet.
    pub(crate) failing_ms: Option<i64>,
}

impl fmt::Debug for Claimed {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// How many rows a claim may take.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    pub(crate) all: usize,
    /// Of rows that were never tried.
    pub(crate) fresh: usize,
    /// Of rows that have failed before.
    pub(crate) repeated: usize,
    /// Rows that have failed before come first.
    pub(crate) repeated_first: bool,
    /// An odd number of places for fresh rows is divided in favour of the newest.
    pub(crate) newest_first: bool,
    /// If all that is found stands behind a head, some rows of that kind may be put aside. Otherwise
    /// only the newest of the rows that were never tried are looked at.
    pub(crate) may_queue: bool,
}

impl Places {
    /// In which order the rows are looked for, and how many of each kind at most.
    pub(super) fn kinds(&self) -> [(Kind, usize); 2] {
        let fresh = (Kind::Fresh, self.fresh.min(self.all));
        let repeated = (Kind::Repeated, self.repeated.min(self.all));
        if self.repeated_first {
            [repeated, fresh]
        } else {
            [fresh, repeated]
        }
    }

    /// How many of so many fresh rows are the newest. The others are the oldest, so that neither a
    /// long past nor a burst keeps the other waiting. Between two claims that put rows aside, the oldest
    /// ones are likely to stand behind a head.
    pub(super) fn newest(&self, fresh: usize) -> usize {
        if self.may_queue {
            usize::midpoint(fresh, usize::from(self.newest_first))
        } else {
            fresh
        }
    }
}

/// Whether a row was tried before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Fresh,
    Repeated,
}

/// The answer to a claim.
pub(crate) enum Claim {
    Open {
        /// The database's clock.
        now: i64,
        /// Receipts of sales were deleted before this claim. A sale among its rows may have been
        /// paid before, and its receipt may be gone.
        pruned: bool,
        rows: Vec<Claimed>,
        /// More rows may be due for which there was a place.
        more: bool,
        /// Rows are due, and all that were found stand behind the heads of their lanes. The next
        /// claims put them aside.
        is_stuck: bool,
    },
    /// The fleet pauses. The next probe is due in so many milliseconds.
    Shut { probe_in: i64 },
}

/// Who in the fleet may call Partnero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Everybody.
    Open,
    /// Only the probe.
    Probe,
    /// Nobody: Partnero has asked for a pause that is not over.
    Shut,
}

impl Passage {
    /// Of a gate that is shut, and that must stay shut for another `left` milliseconds.
    pub(super) fn shut_for(left: i64) -> Self {
        if left > 0 { Self::Shut } else { Self::Probe }
    }
}

/// Where one step of a repair begins. `None` where all rows have been looked at.
#[cfg_attr(
    not(any(feature = "outbox-postgres", feature = "outbox-sqlite")),
    expect(dead_code, reason = "nobody deletes rows in memory by hand")
)]
pub(crate) struct Repair {
    /// The customer before the first one whose queued rows are looked at.
    pub(super) lane: Option<String>,
    /// The row that the last held row waits for, and the held row's id.
    pub(super) held: Option<(i64, i64)>,
}

impl Repair {
    pub(crate) fn beginning() -> Self {
        Self {
            lane: Some(String::new()),
            held: Some((i64::MIN, i64::MIN)),
        }
    }
}

/// Which dead letters are replayed.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    One(i64),
    All,
}

/// A change of one leased row.
#[derive(Clone)]
pub(crate) struct Change {
    /// The claim that leased the row. Each claim has an owner of its own, so that a late change
    /// from an earlier lease of the same worker does not touch the row.
    pub(crate) owner: Arc<str>,
    pub(crate) op: Op,
}

#[derive(Clone)]
pub(crate) enum Op {
    /// Asks, right before the call: is the lease still ours, is the gate open, has the row arrived
    /// that must come first? With `once`, the row also notes that it is about to be sent.
    Announce { id: i64, check: Check, once: bool },
    /// Delivered. The row becomes a receipt. With `next`, the row that has waited behind it is leased
    /// at once.
    Done {
        id: i64,
        outcome: String,
        /// The receipt then names nobody.
        #[cfg_attr(
            not(any(feature = "outbox-postgres", feature = "outbox-sqlite")),
            expect(dead_code, reason = "the table in memory asks its row for the kind")
        )]
        is_deletion: bool,
        next: Option<NextLease>,
    },
    /// Not delivered. The row is due again after `after` milliseconds.
    Retry {
        id: i64,
        after: i64,
        sent: Sent,
        failing: i64,
        answer: String,
    },
    /// Given up. The row becomes a dead letter.
    Dead {
        id: i64,
        reason: &'static str,
        sent: Sent,
        answer: String,
    },
    /// Given back without an attempt. The row is due again after `after` milliseconds.
    Release { id: i64, after: i64, sent: Sent },
}

/// How the next row of a customer is leased.
#[derive(Clone)]
pub(crate) struct NextLease {
    /// No claim and no other lease may have the same.
    pub(crate) owner: Arc<str>,
    /// In milliseconds.
    pub(crate) lease: i64,
}

/// The next row of a customer, leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) row: Claimed,
    /// The database's clock.
    pub(crate) now: i64,
    /// As of a claim.
    pub(crate) pruned: bool,
}

/// Which row must have arrived before this one is sent.
#[derive(Clone)]
pub(crate) enum Check {
    /// Before a sign-up: none, but which of these referrers have a sign-up of their own here that is
    /// under way? Anybody may claim another customer's public key, so that alone holds nobody.
    Referrers {
        names: Vec<CustomerRef>,
        /// Name also a younger sign-up that itself waits for an older one. That one may be waiting for
        /// this row: friends may name each other in a circle.
        is_patient: bool,
    },
    /// Before a sign-up whose referrer Partnero does not know: the sign-up of this referrer. One that
    /// is dead may never arrive, so it is not waited for.
    Referrer(CustomerRef),
    /// Before a sale or a credit: the sign-up of the customer.
    Customer(String),
    /// Before a deletion: no other row.
    Nothing,
    /// Before a refund: the sign-up of the customer, and the sale of this key.
    CustomerAndSale { customer: String, key: String },
}

/// What becomes of the note (`sent_at`) that a send was announced.
#[derive(Clone, Copy)]
pub(crate) enum Sent {
    /// It stays, because that send may have had its effect.
    Keep,
    /// It becomes what it was before the announcement, because that send has surely done nothing.
    Restore(Option<i64>),
}

/// What became of an [`Op`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Of an `Announce`.
    Announced(Announced),
    /// Of any other: whether the row was still ours.
    Settled(bool),
    /// Of a `Done` that was still ours, and was followed by this row.
    Followed(Box<Next>),
}

/// What became of an [`Op::Announce`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Announced {
    /// Send now.
    Clear {
        /// The outcome of the customer's own sign-up, if the outbox knows it.
        customer_outcome: Option<String>,
        /// The referrers whose own sign-ups are under way here.
        pending_referrers: Vec<CustomerRef>,
    },
    /// Another row has to arrive first. This row now waits for it.
    Held,
    /// The lease is not ours any more, or the gate is shut.
    Refused,
}

impl Op {
    pub(crate) fn id(&self) -> i64 {
        match self {
            Self::Announce { id, .. }
            | Self::Done { id, .. }
            | Self::Retry { id, .. }
            | Self::Dead { id, .. }
            | Self::Release { id, .. } => *id,
        }
    }

    /// Replaces every character outside ASCII in Partnero's answer by `?`, so that a database of
    /// any encoding takes it. Returns whether there was such a character.
    pub(crate) fn make_ascii(&mut self) -> bool {
        match self {
            Self::Retry { answer, .. } | Self::Dead { answer, .. } if !answer.is_ascii() => {
                let ascii = |char: char| if char.is_ascii() { char } else { '?' };
                *answer = answer.chars().map(ascii).collect();
                true
            }
            _ => false,
        }
    }
}
