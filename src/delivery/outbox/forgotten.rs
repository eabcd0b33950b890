//! What became of the reports about a person who is forgotten.

/// What [`Outbox::forget`](super::Outbox::forget) has emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Reports that had not arrived at Partnero, dead letters among them. None of them will be sent.
    pub waiting: u64,
    /// The waiting reports that a worker had in its hands at this moment. It may still make calls
    /// about them, until its [lease](crate::delivery::DeliveryWorkerBuilder::lease) ends (two minutes by
    /// default): delete the customer at Partnero after that.
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

/// Stands in the column `customer` of a receipt whose customer was forgotten.
pub(super) const NOBODY: &str = "(forgotten)";
/// The outcome of a report that was not sent, because its customer was forgotten.
pub(super) const OUTCOME: &str = "forgotten";
