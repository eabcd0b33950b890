//! A row of the app's, in a transaction of the app's or of its own.

use sqlx::Transaction;

use super::{Connection, Database, ENGINE};
use crate::delivery::outbox::transaction::{Engine, sealed};
use crate::delivery::outbox::{Enqueued, INSERT, OutboxError};
use crate::delivery::report::NewRow;

/// Writes a row within whatever transaction the connection is in.
pub(super) async fn enqueue(
    connection: &mut Connection,
    row: &NewRow,
) -> Result<Enqueued, OutboxError> {
    let done = sqlx::query(INSERT)
        .bind(row.kind.as_str())
        .bind(&row.key)
        .bind(&row.customer)
        .bind(&row.public_key)
        .bind(&row.payload)
        .execute(connection)
        .await?;
    Ok(match done.rows_affected() {
        0 => Enqueued::Repeated,
        _ => Enqueued::New,
    })
}

impl sealed::Write for Connection {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        enqueue(self, row).await
    }
}

impl sealed::Write for Transaction<'_, Database> {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        enqueue(self, row).await
    }
}
