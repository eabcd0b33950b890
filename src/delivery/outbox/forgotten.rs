//! What became of the reports about a person who is forgotten.

/// What [`Outbox::forget`](super::Outbox::forget) has emptied. The order to delete the customer at
/// Partnero is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Reports that had not arrived at Partnero, dead letters among them. None of them will be sent.
    pub waiting: u64,
    /// The waiting reports that a worker had in its hands at this moment. It may still make calls
    /// about them, until its [lease](crate::delivery::DeliveryWorkerBuilder::lease) ends (two minutes by
    /// default). The customer is deleted at Partnero after that.
    pub under_way: u64,
    /// Receipts of reports that had arrived.
    pub receipts: u64,
}

impl Forgotten {
    /// Counts a row by its state.
    pub(super) fn count(&mut self, state: &str) {
        match state {
            "done" => self.receipts += 1,
            _ => self.waiting += 1,
        }
        self.under_way += u64::from(state == "leased");
    }
}

/// What the deletion of a customer has to wait for: calls about the customer that may still be under
/// way, and would create the customer again.
#[derive(Default)]
pub(super) struct Calls {
    /// When the last lease ends.
    pub(super) leased_until: i64,
    /// A report was tried before.
    pub(super) were_made: bool,
}

impl Calls {
    /// Adds what the row of a report shows.
    pub(super) fn add(&mut self, state: &str, attempts: i64, created_at: i64, due_at: i64) {
        match state {
            "done" => return,
            "leased" => self.leased_until = self.leased_until.max(due_at),
            _ => {}
        }
        // A worker that is stopped amid a call puts the row off and counts no attempt.
        self.were_made |= attempts > 0 || due_at != created_at;
    }
}

/// Stands in the column `customer` of a receipt whose customer was forgotten.
pub(super) const NOBODY: &str = "(forgotten)";
/// The outcome of a report that was not sent, because its customer was forgotten.
pub(super) const OUTCOME: &str = "forgotten";
