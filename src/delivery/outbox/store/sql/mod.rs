//! The table in a database, compiled once for each engine: the module around it names the
//! engine's types and the words of its dialect, and [`queries`] the statements.

mod announce;
mod claim;
mod enqueue;
mod gate;
mod operate;
mod queries;
mod schema;
mod settle;

#[cfg(test)]
use sqlx::Row;
use sqlx::Transaction;

pub(crate) use self::schema::migrate;
use super::{
    BEGIN, BEGIN_BRIEFLY, Connection, Database, ENGINE, HAS_HISTORY, LOCK_MIGRATIONS, Pool, SCHEMA,
};
use crate::delivery::outbox::store::{Change, Claim, Passage, Store, Which, Written};
use crate::delivery::outbox::{DeadLetter, Enqueued, OutboxError, OutboxErrorKind, Status};
use crate::delivery::report::{NewRow, ReportKind};

#[derive(Clone)]
pub(crate) struct SqlStore {
    pool: Pool,
}

impl SqlStore {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// For all but a caller's own row, which waits as long as the caller does.
    async fn begin(&self) -> Result<Transaction<'static, Database>, OutboxError> {
        Ok(self.pool.begin_with(BEGIN_BRIEFLY).await?)
    }
}

impl Store for SqlStore {
    async fn enqueue(&self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        let mut transaction = self.pool.begin_with(BEGIN).await?;
        let enqueued = enqueue::enqueue(&mut transaction, row).await?;
        transaction.commit().await?;
        Ok(enqueued)
    }

    async fn claim(&self, owner: &str, lease: i64, limit: i64) -> Result<Claim, OutboxError> {
        claim::claim(self, owner, lease, limit).await
    }

    async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        settle::write(self, changes).await
    }

    async fn passage(&self) -> Result<Passage, OutboxError> {
        gate::passage(&self.pool).await
    }

    async fn shut_gate(&self, reason: &str, wait: i64) -> Result<(), OutboxError> {
        gate::shut_gate(self, reason, wait).await
    }

    async fn take_probe(&self, hold: i64) -> Result<Option<i64>, OutboxError> {
        gate::take_probe(self, hold).await
    }

    async fn defer_probe(&self, wait: i64) -> Result<(), OutboxError> {
        gate::defer_probe(self, wait).await
    }

    async fn open_gate(&self) -> Result<(), OutboxError> {
        gate::open_gate(self).await
    }

    async fn resume(&self) -> Result<bool, OutboxError> {
        gate::resume(self).await
    }

    async fn status(&self) -> Result<Status, OutboxError> {
        operate::status(&self.pool).await
    }

    async fn dead(&self, after: i64, limit: i64) -> Result<Vec<DeadLetter>, OutboxError> {
        operate::dead(&self.pool, after, limit).await
    }

    async fn replay(&self, which: Which) -> Result<u64, OutboxError> {
        operate::replay(self, which).await
    }

    async fn discard(&self, id: i64, reason: &str) -> Result<bool, OutboxError> {
        operate::discard(self, id, reason).await
    }

    async fn prune(&self, age: i64, limit: i64) -> Result<u64, OutboxError> {
        operate::prune(self, age, limit).await
    }
}

#[cfg(test)]
impl SqlStore {
    /// The engine's own account of what a claim reads, a line each.
    pub(crate) async fn explain_claim(&self, how: &str, column: usize) -> Vec<String> {
        let explain = sqlx::AssertSqlSafe(format!("{how} {}", queries::HEADS));
        let plan = sqlx::query(explain).fetch_all(&self.pool).await.unwrap();
        plan.iter().map(|line| line.get(column)).collect()
    }

    pub(crate) async fn execute(&self, statement: String) {
        let statement = sqlx::AssertSqlSafe(statement);
        sqlx::raw_sql(statement).execute(&self.pool).await.unwrap();
    }
}

fn kind(name: &str) -> Result<ReportKind, OutboxError> {
    ReportKind::parse(name).ok_or_else(|| {
        let message = format!("a row is of the unknown kind {name:?}");
        OutboxError::new(OutboxErrorKind::Schema).with_message(message)
    })
}
