//! The outbox as the app holds it: made, written to, and looked after.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::row;
use super::store::{Store, Table, Which};
#[cfg(feature = "tracing")]
use super::workers::Workers;
use super::{
    DeadLetter, Enqueued, Forgotten, OutboxError, OutboxErrorKind, OutboxRow, OutboxTransaction,
    Status,
};
use crate::delivery::report::{Deletion, Report};
use crate::error::ConfigError;

/// A table of reports that are on their way to Partnero. A report stays in it until it has arrived.
///
/// A clone is the same outbox. The [module docs](crate::delivery) say what it guarantees. A
/// [`DeliveryWorker`](crate::delivery::DeliveryWorker) sends the reports.
#[derive(Clone)]
pub struct Outbox {
    pub(crate) store: Store,
    /// Wakes the worker in this process, so that it need not wait for its next look at the table.
    pub(crate) enqueued: Arc<Notify>,
    #[cfg(feature = "tracing")]
    pub(super) workers: Workers,
}

/// Makes an outbox.
impl Outbox {
    /// An outbox that is lost with the process, for tests.
    #[must_use]
    pub fn memory() -> Self {
        Self::new(Table::Memory(super::store::Memory::default()))
    }

    /// An outbox in an SQLite file, by the file's path: a file of its own, or the file of an app that
    /// writes it with another driver than sqlx. The file is made if it does not exist.
    ///
    /// The file is set to WAL mode, and this outbox writes with `synchronous = FULL`: a power cut loses
    /// no report that it has committed.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or written to, or holds a table of a newer version.
    #[cfg(feature = "outbox-sqlite")]
    pub async fn sqlite(path: impl AsRef<std::path::Path>) -> Result<Self, OutboxError> {
        use super::store::sqlite;

        let pool = sqlite::open(path.as_ref()).await?;
        sqlite::migrate(&pool).await?;
        Ok(Self::new(Table::Sqlite(pool)))
    }

    /// An outbox in the app's own SQLite database, so that a report commits with the app's rows.
    ///
    /// The table is made if it does not exist. If it exists, it is checked: a column that the app's
    /// own migration left out is an error that names the column, and a missing index is a warning.
    ///
    /// The settings of the file are left as they are; a warning is logged if it is not in WAL mode or
    /// `synchronous` is less than `FULL`. Begin
    /// transactions that write with `BEGIN IMMEDIATE` (`pool.begin_with("BEGIN IMMEDIATE")`): a
    /// transaction that first reads and then writes fails at once if another connection has written
    /// in between.
    ///
    /// # Errors
    ///
    /// The table can be neither found nor made, is of a newer version, or
    /// [does not fit](OutboxErrorKind::Schema).
    #[cfg(feature = "outbox-sqlite")]
    pub async fn sqlite_pool(pool: sqlx::SqlitePool) -> Result<Self, OutboxError> {
        use super::store::sqlite;

        sqlite::check_settings(&pool).await?;
        sqlite::migrate(&pool).await?;
        Ok(Self::new(Table::Sqlite(pool)))
    }

    /// An outbox in the app's own PostgreSQL database, for any number of processes. The server must be
    /// PostgreSQL 12 or newer: a worker sets `plan_cache_mode`, which older servers do not have.
    ///
    /// The table is made if it does not exist, in the first schema of the connection's
    /// `search_path`. If it exists, it is checked: a column that the app's own migration left out is an
    /// error that names the column, and a missing index is a warning.
    ///
    /// Where `synchronous_commit` is off, the outbox turns it on for its own
    /// transactions, because a crash of the server could otherwise forget that a sale was being
    /// sent. With `fsync = off` a warning is logged.
    ///
    /// # Errors
    ///
    /// The table can be neither found nor made, is of a newer version, or
    /// [does not fit](OutboxErrorKind::Schema).
    #[cfg(feature = "outbox-postgres")]
    pub async fn postgres(pool: sqlx::PgPool) -> Result<Self, OutboxError> {
        use super::store::postgres;

        postgres::check_settings(&pool).await?;
        postgres::migrate(&pool).await?;
        Ok(Self::new(Table::Postgres(pool)))
    }

    /// The name of the program whose rows these are.
    #[cfg(feature = "metrics")]
    pub(crate) fn program_name(&self) -> &str {
        self.store.program()
    }

    /// An outbox in a PostgreSQL database, by its URL, for an app that uses another driver than sqlx.
    /// As [`postgres`](Self::postgres), with up to four connections of its own.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), tower_partnero::delivery::OutboxError> {
    /// use tower_partnero::Outbox;
    ///
    /// let outbox = Outbox::postgres_url("postgres://app:secret@localhost/app").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// If the URL asks for TLS (`sslmode=require`), the app must have sqlx among its dependencies and
    /// turn one of sqlx's TLS features on.
    ///
    /// # Errors
    ///
    /// The text is no URL of PostgreSQL, or as [`postgres`](Self::postgres).
    #[cfg(feature = "outbox-postgres")]
    pub async fn postgres_url(url: &str) -> Result<Self, OutboxError> {
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(4);
        Self::postgres(pool.connect(url).await?).await
    }

    fn new(table: Table) -> Self {
        Self {
            store: Store::new(table),
            enqueued: Arc::default(),
            #[cfg(feature = "tracing")]
            workers: Workers::default(),
        }
    }

    /// The outbox of another Partnero program in the same table, for an app that has several. Each
    /// program has a [`DeliveryWorker`](crate::delivery::DeliveryWorker) of its own, made with this
    /// outbox and with a client that has the program's API key.
    ///
    /// Programs share nothing but the table: the same customer or order may be reported once to
    /// each, and a program that pauses stops no other. The name stands in the column `program`; the
    /// outbox that this is called on keeps its own name, at first the empty one.
    ///
    /// # Errors
    ///
    /// The name has over 100 bytes or a control character.
    pub fn program(&self, name: &str) -> Result<Self, ConfigError> {
        // The name stands in every row and in nearly every index of the table, so it is kept short.
        // A zero byte is a control character; PostgreSQL takes none.
        if name.len() > 100 || name.chars().any(char::is_control) {
            let advice = "write at most 100 bytes without control characters";
            return Err(ConfigError::new("program", advice));
        }
        Ok(Self {
            store: self.store.of(name),
            enqueued: Arc::clone(&self.enqueued),
            #[cfg(feature = "tracing")]
            workers: self.workers.clone(),
        })
    }
}

/// Writes reports.
impl Outbox {
    /// The statement by which any driver, in any language, enqueues a report in its own
    /// transaction, in SQLite and in PostgreSQL. [`OutboxRow`] gives the six values, and the [module
    /// docs](crate::delivery#the-table) list them.
    ///
    /// It does what [`enqueue_in`](Self::enqueue_in) does. It changes one row, unless the report is
    /// [`Repeated`](Enqueued::Repeated): then it changes no row, locks none and does not fail.
    ///
    /// A sign-up under the identifier of somebody whose [deletion](crate::delivery::Deletion) waits here
    /// is sent after that deletion.
    pub const INSERT: &'static str = row::INSERT;

    /// The statements that make the outbox's tables in SQLite, for an app with migrations of its own.
    ///
    /// Run the whole text once, before the outbox is opened. Where the tables exist, [`sqlite_pool`]
    /// makes nothing and only checks that they fit. Where they do not exist, it makes them by this
    /// text: an app needs no migration for the outbox.
    ///
    /// Hand it to the database as one text: a trigger is part of it, so a `;` does not always end a
    /// statement.
    ///
    /// [`sqlite_pool`]: #method.sqlite_pool
    pub const SCHEMA_SQLITE: &'static str = include_str!("schema/sqlite.sql");

    /// The statements that make the outbox's tables in PostgreSQL; as [`SCHEMA_SQLITE`]. The settings of
    /// autovacuum keep PostgreSQL from planning the app's statements for a table of few rows, which is
    /// slow when many rows come at once. A table without them works, too.
    ///
    /// [`SCHEMA_SQLITE`]: Self::SCHEMA_SQLITE
    pub const SCHEMA_POSTGRES: &'static str = include_str!("schema/postgres.sql");

    /// The row of a report, for an app that writes it with another driver than sqlx: the same row as
    /// [`enqueue_in`](Self::enqueue_in) writes. Write it with [`INSERT`](Self::INSERT) in the app's own
    /// transaction, and after the commit call [`wake`](Self::wake).
    ///
    /// # Errors
    ///
    /// As [`OutboxRow::new`].
    pub fn row(&self, report: impl Into<Report>) -> Result<OutboxRow, OutboxError> {
        OutboxRow::of(&report.into(), self.store.program().into())
    }

    /// Writes a report within the app's own transaction: a sign-up
    /// ([`NewCustomer`](crate::NewCustomer)), a [`Sale`](crate::delivery::Sale), a
    /// [`Refund`](crate::delivery::Refund) or a [`Credit`](crate::delivery::Credit).
    ///
    /// This writes one row and calls nobody but the database. A sign-up that has arrived before is
    /// sent [again](Enqueued::Again). Any other repeated key is [`Enqueued::Repeated`] and leaves the transaction as it is.
    ///
    /// On PostgreSQL a repeated key may wait until another transaction that writes the same key has
    /// ended, and at `REPEATABLE READ` or above it may end in a serialisation failure
    /// ([`Busy`](OutboxErrorKind::Busy)).
    ///
    /// # Errors
    ///
    /// The report was not written. On PostgreSQL a statement that failed ends the whole transaction;
    /// [`Invalid`](OutboxErrorKind::Invalid) and [`WrongEngine`](OutboxErrorKind::WrongEngine) are
    /// found before anything is sent to the database.
    pub async fn enqueue_in(
        &self,
        transaction: &mut impl OutboxTransaction,
        report: impl Into<Report>,
    ) -> Result<Enqueued, OutboxError> {
        // Checked before anything is sent: on PostgreSQL a failed statement ends the app's whole
        // transaction.
        if transaction.engine() != self.store.engine() {
            return Err(OutboxError::new(OutboxErrorKind::WrongEngine));
        }
        let row = self.row(report)?;
        // The app commits later, so the worker may look too early and find nothing. Then it finds
        // the row at its next look, or the app calls `wake` after the commit.
        let enqueued = transaction.write(self.store.program(), &row).await?;
        self.wake();
        Ok(enqueued)
    }

    /// Writes a report in a transaction of its own, for an outbox in a file of its own. After a
    /// crash the app's own data may hold something that the outbox does not, or the reverse.
    ///
    /// # Errors
    ///
    /// The report was not written. If the connection broke, it may have been written: enqueue it
    /// again, which does no harm.
    pub async fn enqueue(&self, report: impl Into<Report>) -> Result<Enqueued, OutboxError> {
        let row = self.row(report)?;
        let enqueued = self.store.enqueue(&row).await?;
        self.wake();
        Ok(enqueued)
    }

    /// Lets the worker of this process look at the table at once. Call it after the commit of a
    /// transaction in which another driver has written a report. Without the call, the worker finds
    /// the report at its next look, [a second later at most](crate::delivery::DeliveryWorkerBuilder::poll);
    /// so do the workers of other processes.
    ///
    /// If no worker runs in this process, the table is looked at a minute later, and a warning is
    /// logged if the report is still due.
    pub fn wake(&self) {
        self.enqueued.notify_waiters();
        #[cfg(feature = "tracing")]
        super::workers::watch(self);
    }
}

/// What an operator asks and decides.
impl Outbox {
    /// How much waits: for an alarm and a gauge. A readiness check is
    /// [`DeliveryWorker::health`](crate::delivery::DeliveryWorker::health).
    ///
    /// This reads no receipts, but counts what waits and what is dead, one entry of an index for each:
    /// ask it once a minute, not with each request.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn status(&self) -> Result<Status, OutboxError> {
        self.store.status().await
    }

    /// Up to `limit` dead letters with an id greater than `after`, lowest id first. Begin with 0.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn dead(&self, after: i64, limit: u32) -> Result<Vec<DeadLetter>, OutboxError> {
        self.store.dead(after, limit.into()).await
    }

    /// Makes one dead letter due again. The answer says whether there was such a dead letter.
    ///
    /// A sale that may have arrived is looked up at Partnero first. A parked credit is sent again
    /// without a look-up: find out before that it did not arrive. Reports that wait for this one
    /// are sent once it has arrived.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn replay(&self, id: i64) -> Result<bool, OutboxError> {
        // The signal reaches the workers of this process alone. Those of other processes find the
        // row at their next look at the table.
        let replayed = self.store.replay(Which::One(id)).await?;
        self.enqueued.notify_waiters();
        Ok(replayed > 0)
    }

    /// Makes all dead letters due again, except credits, which a person has to check one by one.
    /// The answer says how many there were.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn replay_all(&self) -> Result<u64, OutboxError> {
        let replayed = self.store.replay(Which::All).await?;
        self.enqueued.notify_waiters();
        Ok(replayed)
    }

    /// Gives one dead letter up for good. The answer says whether there was such a dead letter. It
    /// becomes a receipt that holds `reason`, and reports that wait for it become due.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn discard(&self, id: i64, reason: &str) -> Result<bool, OutboxError> {
        let discarded = self.store.discard(id, reason).await?;
        self.enqueued.notify_waiters();
        Ok(discarded)
    }

    /// Ends a pause of the whole fleet at once. The answer says whether the fleet was pausing.
    /// Reports whose next try was put off by the pause become due.
    ///
    /// A pause ends by itself, and `Retry-After` should be obeyed. Use this only for a pause that is
    /// so long that it must be a mistake. If Partnero fails as before, the fleet pauses again.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn resume(&self) -> Result<bool, OutboxError> {
        let resumed = self.store.resume().await?;
        self.enqueued.notify_waiters();
        Ok(resumed)
    }

    /// Makes all reports due whose next try is more than `beyond` ahead. The answer says how many
    /// there were.
    ///
    /// This is for reports that were written, or put off, while the database's clock was ahead. A
    /// report may rightly wait for as long as the longest [wait between
    /// attempts](crate::delivery::DeliveryWorkerBuilder::retries), by default an hour, or as long as
    /// Partnero has asked for, up to 14 days. If a worker is sending a report right now and its
    /// lease ends more than `beyond` ahead, the lease ends now: the worker begins no more calls for
    /// it, and the next worker looks a sale up before it sends it again. A wait that is ended early
    /// counts in full towards
    /// [`give_up_after`](crate::delivery::DeliveryWorkerBuilder::give_up_after).
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn hasten(&self, beyond: Duration) -> Result<u64, OutboxError> {
        let hastened = self.store.hasten(beyond).await?;
        self.enqueued.notify_waiters();
        Ok(hastened)
    }

    /// Deletes receipts that are older than `age`, a thousand in each transaction. The answer says
    /// how many were deleted.
    ///
    /// A receipt keeps its key from being paid twice. After receipts were deleted, every sale is
    /// looked up at Partnero before it is sent, which costs one call each. Receipts of credits are
    /// kept, because credits cannot be looked up.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn prune(&self, age: Duration) -> Result<u64, OutboxError> {
        // One transaction for all of them would keep everybody else from writing an SQLite file
        // until the last row is deleted.
        const BATCH: i64 = 1_000;
        let mut pruned = 0;
        loop {
            let batch = self.store.prune(age, BATCH).await?;
            pruned += batch;
            if batch == 0 {
                return Ok(pruned);
            }
        }
    }
}

/// What a person may ask for who leaves.
impl Outbox {
    /// Empties everything that the outbox holds about one customer, named by the app's own
    /// identifier, in the app's own transaction, and writes the order to
    /// [delete](crate::delivery::Deletion) the customer at Partnero. The guide's page on [who
    /// leaves](crate::guide::leaving) has a whole program.
    ///
    /// A worker carries the order out once no call about the customer can be under way any more, and
    /// tries as often as with any report. A customer whom Partnero does not have is deleted already.
    /// The order holds the identifier and nothing else; its receipt holds no identifier either. A
    /// sign-up that is reported under the same identifier later on is sent after the deletion. If the
    /// deletion becomes a dead letter, such a sign-up waits for a person's decision.
    ///
    /// Nothing about the customer that has not arrived will be sent, so a referrer is not rewarded
    /// for a sale that still waits. The row of the sign-up is deleted. Of a sale, a refund or a credit
    /// a receipt is kept, because its key must not be paid a second time: kind, key, outcome and
    /// times, but neither customer nor payload nor Partnero's answer. Choose keys of orders that
    /// name nobody.
    ///
    /// The sign-ups of friends whom this customer referred stay as they are. They hold the
    /// customer's public key, as the links do that the customer has shared.
    ///
    /// # Errors
    ///
    /// Nothing is forgotten. On PostgreSQL a statement that failed ends the whole transaction. If a
    /// worker has locked one of the rows for too long, the error is
    /// [`Busy`](OutboxErrorKind::Busy): run the whole transaction again.
    /// [`Invalid`](OutboxErrorKind::Invalid): no report can have this identifier, because it is empty,
    /// has over 1,000 bytes or holds a zero byte.
    pub async fn forget_in(
        &self,
        transaction: &mut impl OutboxTransaction,
        customer: &str,
    ) -> Result<Forgotten, OutboxError> {
        if transaction.engine() != self.store.engine() {
            return Err(OutboxError::new(OutboxErrorKind::WrongEngine));
        }
        self.row(Deletion::new(customer))?;
        let forgotten = transaction.forget(self.store.program(), customer).await?;
        self.wake();
        Ok(forgotten)
    }

    /// As [`forget_in`](Self::forget_in), in a transaction of its own. To call it again does no harm.
    ///
    /// # Errors
    ///
    /// As [`forget_in`](Self::forget_in).
    pub async fn forget(&self, customer: &str) -> Result<Forgotten, OutboxError> {
        self.row(Deletion::new(customer))?;
        let forgotten = self.store.forget(customer).await?;
        self.wake();
        Ok(forgotten)
    }

    /// Everything that the outbox holds about one customer, named by the app's own identifier, for a
    /// person who asks for it: each row of the [table](crate::delivery#the-table) as a JSON object of
    /// its columns, oldest first. Times are milliseconds since 1970.
    ///
    /// This is all that the crate keeps about a person. The table of webhook events holds digests
    /// alone, and what a browser holds are the referral's cookies.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn export(&self, customer: &str) -> Result<Vec<serde_json::Value>, OutboxError> {
        self.store.export(customer).await
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("engine", &self.store.engine())
            .field("program", &self.store.program())
            .finish_non_exhaustive()
    }
}
