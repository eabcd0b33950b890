//! The app's own transactions, in which a report is written beside the app's rows.

/// A transaction or a connection of the app's own. What is enqueued in it is committed together
/// with the app's rows, or not at all.
///
/// Implemented for sqlx's `Transaction`, `SqliteConnection` and `PgConnection`, as the features
/// `outbox-sqlite` and `outbox-postgres` are on, and for nothing else.
pub trait OutboxTransaction: sealed::Write + Send {}

impl<T: sealed::Write + Send> OutboxTransaction for T {}

/// Which kind of database an outbox is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// No database.
    Memory,
    #[cfg(feature = "outbox-sqlite")]
    Sqlite,
    #[cfg(feature = "outbox-postgres")]
    Postgres,
}

pub(crate) mod sealed {
    use super::Engine;
    use crate::delivery::outbox::{Enqueued, OutboxError};
    use crate::delivery::report::NewRow;

    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no transaction that a report can be written in",
        note = "it has to be one of sqlx 0.9, with tower-partnero's feature `outbox-sqlite` or `outbox-postgres` on"
    )]
    pub trait Write {
        fn engine(&self) -> Engine;

        fn write(
            &mut self,
            row: &NewRow,
        ) -> impl Future<Output = Result<Enqueued, OutboxError>> + Send;
    }
}
