//! How a row gets into the table.

use sqlx::Transaction;

use super::{BEGIN, Connection, Database, ENGINE, Pool, person};
use crate::delivery::outbox::row::INSERT;
use crate::delivery::outbox::transaction::{Engine, sealed};
use crate::delivery::outbox::{Enqueued, Forgotten, OutboxError, OutboxRow};
use crate::delivery::report::ReportKind;

statements! {
    STATE = "SELECT state FROM partnero_outbox \
        WHERE program = $1 AND kind = 'customer' AND key = $2";
}

pub(crate) async fn enqueue(
    pool: &Pool,
    program: &str,
    row: &OutboxRow,
) -> Result<Enqueued, OutboxError> {
    // Not `begin_briefly`: the app waits for a lock as long as it waits for its own.
    let mut transaction = pool.begin_with(BEGIN).await?;
    let enqueued = insert(&mut transaction, program, row).await?;
    transaction.commit().await?;
    Ok(enqueued)
}

/// Writes a row within the transaction that the connection is in.
async fn insert(
    connection: &mut Connection,
    program: &str,
    row: &OutboxRow,
) -> Result<Enqueued, OutboxError> {
    // The statement changes one row both for a new report and for a receipt that is opened again.
    // So the state is read before. If another transaction changes it in between, the row is right
    // all the same, and only the answer names the wrong one of the two.
    let mut is_receipt = false;
    if row.kind == ReportKind::Customer {
        let query = sqlx::query_scalar(STATE.as_str()).bind(program);
        let state: Option<String> = query
            .bind(&row.key)
            .fetch_optional(&mut *connection)
            .await?;
        is_receipt = state.is_some_and(|state| state == "done");
    }
    let done = sqlx::query(INSERT)
        .bind(row.kind.as_str())
        .bind(&row.key)
        .bind(&row.customer)
        .bind(&row.public_key)
        .bind(&row.payload)
        .bind(program)
        .execute(connection)
        .await?;
    Ok(match done.rows_affected() {
        0 => Enqueued::Repeated,
        _ if is_receipt => Enqueued::Again,
        _ => Enqueued::New,
    })
}

impl sealed::Write for Connection {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, program: &str, row: &OutboxRow) -> Result<Enqueued, OutboxError> {
        insert(self, program, row).await
    }

    async fn forget(&mut self, program: &str, customer: &str) -> Result<Forgotten, OutboxError> {
        person::forget_in(self, program, customer).await
    }
}

impl sealed::Write for Transaction<'_, Database> {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, program: &str, row: &OutboxRow) -> Result<Enqueued, OutboxError> {
        insert(self, program, row).await
    }

    async fn forget(&mut self, program: &str, customer: &str) -> Result<Forgotten, OutboxError> {
        person::forget_in(self, program, customer).await
    }
}
