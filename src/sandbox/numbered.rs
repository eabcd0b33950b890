//! What Partnero counts by numbers of its own: leads and payout requests.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::customer::Serial;
use super::money::Amount;

/// Things with a number each. The first number is 1, and no number is used twice.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    all: BTreeMap<u64, T>,
    last: u64,
}

impl<T> Numbered<T> {
    pub(super) fn insert(&mut self, item: T) -> u64 {
        self.last += 1;
        self.all.insert(self.last, item);
        self.last
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.all.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.all.get_mut(&number)
    }

    pub(super) fn remove(&mut self, number: u64) {
        self.all.remove(&number);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.all.iter().map(|(number, item)| (*number, item))
    }
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            last: 0,
        }
    }
}

/// A person whom a partner has named to the program's owner.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) partner: Serial,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) state: LeadState,
    pub(super) created_at: SystemTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeadState {
    Submitted,
    Converted,
    Rejected,
}

impl LeadState {
    /// The last word of the event (N8N). That an answer has the same word is assumed.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Converted => "converted",
            Self::Rejected => "rejected",
        }
    }
}

/// What a partner is to be paid.
#[derive(Debug)]
pub(super) struct Payout {
    pub(super) partner: Serial,
    pub(super) amount: Amount,
    pub(super) state: PayoutState,
    pub(super) created_at: SystemTime,
}

/// The states that the sandbox has. Partnero has more, which no call of its API leads to (N8N).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayoutState {
    Requested,
    Approved,
    Finished,
}

impl PayoutState {
    /// The word of N8N's filter.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Finished => "finished",
        }
    }
}
