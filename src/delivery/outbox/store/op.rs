//! What a worker writes about the rows it has leased.

use std::sync::Arc;

/// What one lease's owner writes.
#[derive(Clone)]
pub(crate) struct Change {
    /// Who claimed the row, and in which claim: what an earlier lease of the same worker left
    /// behind must not meet the next one.
    pub(crate) owner: Arc<str>,
    pub(crate) op: Op,
}

/// One change of a leased row.
#[derive(Clone)]
pub(crate) enum Op {
    /// The last look before a call: is the lease still ours, is the gate open, has what must come
    /// first arrived? Where `once` is set, the send is written down as about to happen.
    Announce { id: i64, check: Check, once: bool },
    /// Delivered; what is left is a receipt.
    Done { id: i64, outcome: &'static str },
    /// Not delivered; to be tried again after so many milliseconds.
    Retry {
        id: i64,
        after: i64,
        sent: Sent,
        failing: i64,
        answer: String,
    },
    /// Given up, until a person decides.
    Dead {
        id: i64,
        reason: &'static str,
        sent: Sent,
        answer: String,
    },
    /// Given back untried.
    Release { id: i64, after: i64, sent: Sent },
}

/// What has to have arrived before a row may be sent.
#[derive(Clone)]
pub(crate) enum Check {
    /// For a customer: the referrer's own sign-up, by the name the report has for the referrer.
    Referrer(String),
    /// For a sale or a credit: the customer.
    Customer(String),
    /// For a refund: the customer, and the sale of this key.
    CustomerAndSale { customer: String, key: String },
}

/// What becomes of the note that a send was announced.
#[derive(Clone, Copy)]
pub(crate) enum Sent {
    /// It stays: nobody knows what became of that send.
    Keep,
    /// As it was before the announcement: it is proven that this send did nothing.
    Restore(Option<i64>),
}

/// What became of an [`Op`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Of an `Announce`.
    Announced(Announced),
    /// Of any other: whether the row was still ours.
    Settled(bool),
}

/// What became of an announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Announced {
    /// Send now.
    Clear {
        /// What came of the customer's own sign-up, if the outbox knows.
        customer_outcome: Option<String>,
        /// The referrer's own sign-up is known here and has not arrived.
        referrer_pending: bool,
    },
    /// Something else has to arrive first; the row waits for it.
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
}

impl Op {
    /// Leaves of an answer what a database of any encoding can hold; whether that changes it.
    pub(crate) fn make_plain(&mut self) -> bool {
        match self {
            Self::Retry { answer, .. } | Self::Dead { answer, .. } if !answer.is_ascii() => {
                let plain = |char: char| if char.is_ascii() { char } else { '?' };
                *answer = answer.chars().map(plain).collect();
                true
            }
            _ => false,
        }
    }
}

#[cfg(any(feature = "outbox-sqlite", feature = "outbox-postgres"))]
impl Sent {
    /// Whether to keep what the row says, and else what to write.
    pub(crate) fn parts(self) -> (bool, Option<i64>) {
        match self {
            Self::Keep => (true, None),
            Self::Restore(sent_at) => (false, sent_at),
        }
    }
}
