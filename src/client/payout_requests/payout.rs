//! A payout request as Partnero knows it.

use std::time::SystemTime;

use serde_json::Value;

use crate::client::fields::{self, Fields};
use crate::client::money::Money;

/// A payout request as Partnero answered it. No source shows an answer: that its fields have the names
/// of the requests, and `id`, `amount` and the times those of other answers, is assumed. Every field is
/// optional, and the whole object is in [`raw`](Self::raw).
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct PayoutRequest {
    /// Partnero's number of the payout request.
    pub id: Option<u64>,
    /// The partner's identifier or key.
    pub partner: Option<String>,
    /// How much, in major units, and of what.
    pub amount: Option<Money>,
    /// The state; [`PayoutStatus`] has the known ones.
    pub status: Option<String>,
    /// When it was made.
    pub created_at: Option<SystemTime>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

impl PayoutRequest {
    /// Reads an object; `None` for any other value, and for an object without fields.
    pub(super) fn from_value(value: Value) -> Option<Self> {
        let raw = fields::object(value)?;
        Some(Self {
            id: fields::count(&raw, "id"),
            partner: fields::name(&raw, "partner"),
            amount: Money::from_fields(&raw),
            status: fields::text(&raw, "status"),
            created_at: fields::time(&raw, "created_at"),
            raw,
        })
    }
}

impl std::fmt::Debug for PayoutRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PayoutRequest")
            .field("id", &self.id)
            .field("partner", &self.partner)
            .field("amount", &self.amount)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The state of a payout request (<https://github.com/partnero/n8n-nodes-partnero>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayoutStatus {
    /// It waits for a decision.
    Requested,
    /// It was approved.
    Approved,
    /// It was paid.
    Finished,
    /// It was rejected.
    Rejected,
    /// The partner was asked to submit it once more.
    ResubmitRequested,
    /// The partner has submitted it once more.
    Resubmitted,
}

impl PayoutStatus {
    /// The name in requests and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Finished => "finished",
            Self::Rejected => "rejected",
            Self::ResubmitRequested => "resubmit_requested",
            Self::Resubmitted => "resubmitted",
        }
    }
}
