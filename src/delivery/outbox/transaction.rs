//! The app's own transactions, in which a report is written beside the app's rows.

/// A transaction or a connection of the app. What is written in it commits together with the
/// app's rows, or rolls back with them.
///
/// Implemented for sqlx's `Transaction`, `SqliteConnection` and `PgConnection` when the feature
/// `outbox-sqlite` or `outbox-postgres` is on, and for nothing else.
pub trait OutboxTransaction: sealed::Write + Send {}

impl<T: sealed::Write + Send> OutboxTransaction for T {}

/// What `enqueue` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Enqueued {
    /// The report is now in the outbox.
    New,
    /// A report of this customer has arrived before. Its receipt is now a report again, with the new
    /// data: an app that gives an identifier to another person loses no sign-up, and for the same
    /// person Partnero's customer is only read back. If Partnero has another e-mail address under the
    /// identifier, it may be another person: the report is dead as `identifier_taken`, and the
    /// customer's sales wait for a person's decision. So do not report a customer again at each login.
    Again,
    /// A report of this kind and key was in the outbox before and nothing was written: a sign-up that
    /// has not arrived, or any other report, delivered or not.
    Repeated,
}

/// Which kind of database an outbox is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The process's own memory.
    Memory,
    #[cfg(feature = "outbox-sqlite")]
    Sqlite,
    #[cfg(feature = "outbox-postgres")]
    Postgres,
}

pub(crate) mod sealed {
    use super::Engine;
    use crate::delivery::outbox::OutboxRow;
    use crate::delivery::outbox::{Enqueued, Forgotten, OutboxError};

    #[diagnostic::on_unimplemented(
        message = "no report can be written in `{Self}`",
        note = "write `&mut transaction` with a transaction of sqlx 0.9, and turn tower-partnero's feature `outbox-sqlite` or `outbox-postgres` on"
    )]
    pub trait Write {
        fn engine(&self) -> Engine;

        fn write(
            &mut self,
            program: &str,
            row: &OutboxRow,
        ) -> impl Future<Output = Result<Enqueued, OutboxError>> + Send;

        fn forget(
            &mut self,
            program: &str,
            customer: &str,
        ) -> impl Future<Output = Result<Forgotten, OutboxError>> + Send;
    }
}
