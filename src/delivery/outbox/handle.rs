//! The outbox as the app holds it.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;

use super::store::{Memory, Store};
use super::transaction::Engine;
use super::{INSERT, OutboxError, OutboxErrorKind, OutboxTransaction};
use crate::delivery::report::{Credit, NewRow, Refund, Report, Sale};

/// Reports on their way to Partnero, kept in a database until they have arrived.
///
/// A clone is the same outbox. See the [module docs](crate::delivery) for what it guarantees, and
/// [`DeliveryWorker`](crate::delivery::DeliveryWorker) for who empties it.
#[derive(Clone)]
pub struct Outbox {
    pub(super) engine: Kept,
    pub(crate) enqueued: Arc<Notify>,
}

/// Where the rows are.
#[derive(Clone)]
pub(super) enum Kept {
    Memory(Memory),
    #[cfg(feature = "outbox-sqlite")]
    Sqlite(super::store::sqlite::Sqlite),
    #[cfg(feature = "outbox-postgres")]
    Postgres(super::store::postgres::Postgres),
}

/// Does the same with whichever engine there is.
macro_rules! with_store {
    ($outbox:expr, $store:ident => $does:expr) => {
        match &$outbox.engine {
            $crate::delivery::outbox::handle::Kept::Memory($store) => $does,
            #[cfg(feature = "outbox-sqlite")]
            $crate::delivery::outbox::handle::Kept::Sqlite($store) => $does,
            #[cfg(feature = "outbox-postgres")]
            $crate::delivery::outbox::handle::Kept::Postgres($store) => $does,
        }
    };
}
pub(super) use with_store;

/// What became of enqueuing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Enqueued {
    /// The report is on record.
    New,
    /// A report of this kind and key was on record before, on its way or arrived; nothing was
    /// written.
    Repeated,
}

impl Outbox {
    /// The statement by which any driver, in any language, enqueues a report in its own
    /// transaction, in SQLite and in PostgreSQL. The [module docs](crate::delivery#the-table)
    /// say which values it takes.
    pub const INSERT: &'static str = INSERT;

    /// An outbox that is lost with the process, for tests.
    #[must_use]
    pub fn memory() -> Self {
        Self::new(Kept::Memory(Memory::default()))
    }

    /// An outbox in an SQLite file of its own, made if it is not there.
    ///
    /// The file is in WAL mode with `synchronous = FULL`: what was enqueued is there after a
    /// power cut.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or written to, or holds a table of a newer version.
    #[cfg(feature = "outbox-sqlite")]
    pub async fn sqlite(path: impl AsRef<std::path::Path>) -> Result<Self, OutboxError> {
        use super::store::sqlite::{Sqlite, migrate, open};

        let pool = open(path.as_ref()).await?;
        migrate(&pool).await?;
        Ok(Self::new(Kept::Sqlite(Sqlite::new(pool))))
    }

    /// An outbox in the app's own SQLite database, so that a report commits with the app's rows.
    ///
    /// The table is made if it is not there. How the file is kept is the app's: without WAL mode
    /// and `synchronous = FULL` a warning is logged. Begin transactions that write with
    /// `BEGIN IMMEDIATE` (`pool.begin_with("BEGIN IMMEDIATE")`): one that reads first and writes
    /// later fails at once if another writer came between.
    ///
    /// # Errors
    ///
    /// The table can be neither found nor made, or is of a newer version.
    #[cfg(feature = "outbox-sqlite")]
    pub async fn sqlite_pool(pool: sqlx::SqlitePool) -> Result<Self, OutboxError> {
        use super::store::sqlite::{Sqlite, check_settings, migrate};

        check_settings(&pool).await?;
        migrate(&pool).await?;
        Ok(Self::new(Kept::Sqlite(Sqlite::new(pool))))
    }

    /// An outbox in the app's own PostgreSQL database, for any number of processes.
    ///
    /// The table is made if it is not there, in the schema that the connection's `search_path`
    /// names first. Where `synchronous_commit` is off, the outbox turns it on for its own
    /// transactions, because a crash would forget that a sale is being sent; with `fsync = off` a
    /// warning is logged.
    ///
    /// # Errors
    ///
    /// The table can be neither found nor made, or is of a newer version.
    #[cfg(feature = "outbox-postgres")]
    pub async fn postgres(pool: sqlx::PgPool) -> Result<Self, OutboxError> {
        use super::store::postgres::{Postgres, check_settings, migrate};

        check_settings(&pool).await?;
        migrate(&pool).await?;
        Ok(Self::new(Kept::Postgres(Postgres::new(pool))))
    }

    fn new(engine: Kept) -> Self {
        Self {
            engine,
            enqueued: Arc::default(),
        }
    }

    /// Writes a sale within the app's own transaction.
    ///
    /// # Errors
    ///
    /// The report was not written; what that means for the transaction is the database's to say.
    pub async fn sale_in(
        &self,
        transaction: &mut impl OutboxTransaction,
        sale: Sale,
    ) -> Result<Enqueued, OutboxError> {
        self.enqueue_in(transaction, sale.into()).await
    }

    /// Writes a refund within the app's own transaction.
    ///
    /// # Errors
    ///
    /// As [`sale_in`](Self::sale_in).
    pub async fn refund_in(
        &self,
        transaction: &mut impl OutboxTransaction,
        refund: Refund,
    ) -> Result<Enqueued, OutboxError> {
        self.enqueue_in(transaction, refund.into()).await
    }

    /// Writes a credit within the app's own transaction.
    ///
    /// # Errors
    ///
    /// As [`sale_in`](Self::sale_in).
    pub async fn credit_in(
        &self,
        transaction: &mut impl OutboxTransaction,
        credit: Credit,
    ) -> Result<Enqueued, OutboxError> {
        self.enqueue_in(transaction, credit.into()).await
    }

    /// Writes any report within the app's own transaction: one row, and no network beyond the
    /// database's. A repeated key is [`Enqueued::Repeated`] and leaves the transaction as it is.
    ///
    /// On PostgreSQL a repeated key may wait until another transaction that writes the same one
    /// has ended, and at `REPEATABLE READ` or above end in a serialisation failure
    /// ([`Busy`](OutboxErrorKind::Busy)).
    ///
    /// # Errors
    ///
    /// As [`sale_in`](Self::sale_in).
    pub async fn enqueue_in(
        &self,
        transaction: &mut impl OutboxTransaction,
        report: Report,
    ) -> Result<Enqueued, OutboxError> {
        if transaction.engine() != self.kind() {
            return Err(OutboxError::new(OutboxErrorKind::WrongEngine));
        }
        let enqueued = transaction.write(&NewRow::new(&report)?).await?;
        self.enqueued.notify_waiters();
        Ok(enqueued)
    }

    /// Writes a report in a transaction of its own, for an outbox in a file of its own. What the
    /// app has stored elsewhere and what is reported here may then differ after a crash.
    ///
    /// # Errors
    ///
    /// The report was not written; or, where the connection broke, nobody knows. Enqueuing it
    /// again does no harm.
    pub async fn enqueue(&self, report: impl Into<Report>) -> Result<Enqueued, OutboxError> {
        let row = NewRow::new(&report.into())?;
        let enqueued = with_store!(self, store => store.enqueue(&row).await)?;
        self.enqueued.notify_waiters();
        Ok(enqueued)
    }

    pub(super) fn kind(&self) -> Engine {
        match &self.engine {
            Kept::Memory(_) => Engine::Memory,
            #[cfg(feature = "outbox-sqlite")]
            Kept::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "outbox-postgres")]
            Kept::Postgres(_) => Engine::Postgres,
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("engine", &self.kind())
            .finish_non_exhaustive()
    }
}
