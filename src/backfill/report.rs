//! What became of the users so far.

use crate::delivery::{ExistingReferrer, Registration, Reported};

/// How many refusals are kept. All of them are counted.
const MOST_REFUSED: usize = 1_000;

/// What became of the users so far. [`Backfill::on_progress`](super::Backfill::on_progress) gets it after
/// each user, and [`Backfill::run`](super::Backfill::run) returns it at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackfillReport {
    /// So many users at the beginning of the stream are finished, those that were
    /// [skipped](super::Backfill::skip) among them. Users behind them may be finished as well.
    pub finished: u64,
    /// The identifier of the last of them; `None` before the first. For a query that goes on behind it.
    pub finished_id: Option<String>,
    /// Customers who were created.
    pub created: u64,
    /// Of the created ones, those who were credited to a referrer.
    pub referred: u64,
    /// Of the created ones, those who have a referrer in the app and got none at Partnero, because
    /// Partnero does not know that referrer, or the user is the own referrer.
    pub without_referrer: u64,
    /// Of the created ones, those whose e-mail address, key or another optional field Partnero
    /// refused. They were created without that field.
    pub without_a_field: u64,
    /// Customers whom Partnero had before. Nothing was changed.
    pub existing: u64,
    /// Of the existing ones, those who have another referrer at Partnero, or none, than in the app.
    pub other_referrer: u64,
    /// Users of an affiliate program without a partner, whom such a program does not take.
    pub not_created: u64,
    /// Users whom Partnero has refused.
    pub refused_count: u64,
    /// The first 1,000 of them, and why.
    pub refused: Vec<RefusedUser>,
}

/// A user who did not become a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedUser {
    /// The app's identifier.
    pub id: String,
    /// Why, for a program.
    pub reason: RefusedReason,
    /// Why, for a person: an error with Partnero's own words, or the customer who is in the way.
    pub message: String,
}

/// Why a user did not become a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedReason {
    /// Partnero has refused the data, or it could not be sent.
    Refused,
    /// Partnero has another person, or a deleted customer, under this identifier.
    IdentifierTaken,
    /// Partnero has the e-mail address under another customer.
    /// [`NewCustomer::without_known_email`](crate::NewCustomer::without_known_email) creates such a user
    /// without the address.
    EmailKnown,
    /// Partnero failed for this user again and again, and not for others.
    Failed,
}

impl BackfillReport {
    pub(super) fn count(&mut self, reported: &Reported, has_referrer: bool) {
        self.without_a_field += u64::from(!reported.left_out.is_empty());
        match reported.registration {
            Registration::Referred(_) => {
                self.created += 1;
                self.referred += 1;
            }
            Registration::Unreferred(_) => {
                self.created += 1;
                self.without_referrer += u64::from(has_referrer);
            }
            Registration::Existing(referrer) => {
                self.existing += 1;
                let is_other = matches!(referrer, ExistingReferrer::Other | ExistingReferrer::None);
                self.other_referrer += u64::from(is_other);
            }
            Registration::NotCreated(_) => self.not_created += 1,
            #[cfg(feature = "outbox")]
            Registration::Enqueued(_) => {}
        }
    }

    pub(super) fn refuse(&mut self, id: String, reason: RefusedReason, message: String) {
        self.refused_count += 1;
        if self.refused.len() < MOST_REFUSED {
            self.refused.push(RefusedUser {
                id,
                reason,
                message,
            });
        }
    }
}
