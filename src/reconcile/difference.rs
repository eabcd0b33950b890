//! What differs between the app and Partnero.

use crate::client::{Customer, NewCustomer};

/// One thing that differs between the app and Partnero.
///
/// `Debug` prints identifiers and keys, but neither names nor e-mail addresses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Difference {
    /// The app's user is no customer at Partnero. The sign-up may wait in the outbox.
    Missing(Box<NewCustomer>),
    /// Partnero's customer is no user of the app: a person who registered in Partnero's own portal, or
    /// a user whom the app has deleted.
    Unknown(Box<Customer>),
    /// Partnero has deleted the customer, and the app has the user. Holds the app's identifier.
    Deleted(String),
    /// The user has another referrer in the app than at Partnero. Who is right, a person has to say:
    /// whether Partnero lets a referrer be changed is not documented.
    #[non_exhaustive]
    Referrer {
        /// The app's identifier of the user.
        user: String,
        /// The referrer's name in the app.
        ours: Option<String>,
        /// The referrer's name at Partnero.
        theirs: Option<String>,
    },
}

/// How much was compared, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconciled {
    /// The app's users.
    pub users: u64,
    /// Partnero's customers.
    pub customers: u64,
    /// [`Difference::Missing`].
    pub missing: u64,
    /// [`Difference::Unknown`].
    pub unknown: u64,
    /// [`Difference::Deleted`].
    pub deleted: u64,
    /// [`Difference::Referrer`].
    pub other_referrer: u64,
    /// Customers whose referrer could not be compared.
    pub uncompared: u64,
    /// Customers whom the app's list did not have, and who were created so late that they may have
    /// signed up meanwhile.
    pub recent: u64,
    /// Missing users who are now in the outbox. Fewer than `missing`, if the outbox had their sign-ups
    /// before.
    pub enqueued: u64,
    /// Of the missing ones of a [fix](super::Reconcile::fix), those whose partner the affiliate program
    /// does not know. They arrive only once Partnero has that partner.
    pub not_taken: u64,
}

impl Reconciled {
    /// Whether nothing differs, as far as it could be compared.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.missing + self.unknown + self.deleted + self.other_referrer == 0
    }
}
