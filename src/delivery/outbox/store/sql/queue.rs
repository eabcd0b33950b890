//! How a row gets into the table, and how a worker leases it.

use std::error::Error;

use sqlx::{Row, Transaction};

use super::{
    BEGIN, Connection, Database, ENGINE, NOW, Pool, begin_briefly, is_one_of, kind, settle,
};
use crate::delivery::outbox::NewRow;
use crate::delivery::outbox::store::{Claim, Claimed};
use crate::delivery::outbox::transaction::{Engine, sealed};
use crate::delivery::outbox::{Enqueued, Outbox, OutboxError};

statements! {
    GATE = "SELECT closed_at, probe_at, not_before, {NOW} FROM partnero_outbox_gate WHERE id = 1";
    ANY_READY = "SELECT COUNT(*) FROM (SELECT 1 FROM partnero_outbox r WHERE {ready} LIMIT 1) AS head",
        ready = ready();
    // Some drivers write bytes where the column is a text.
    CLAIM = "UPDATE partnero_outbox SET state = 'leased', owner = $1, due_at = {NOW} + $2, \
        attempts = attempts + CASE state WHEN 'leased' THEN 1 ELSE 0 END WHERE {is_head} \
        RETURNING id, kind, key, customer, CAST(payload AS TEXT), attempts, created_at, sent_at, \
        tried_at, failing_ms",
        is_head = is_one_of(&heads("$3"));
    PRUNED = "SELECT pruned_at FROM partnero_outbox_gate WHERE id = 1";
}

/// Due, or leased by an owner whose lease has run out; and the oldest row of its lane. A sign-up
/// counts as the oldest of its lane in any case.
fn ready() -> String {
    format!(
        "r.state IN ('due', 'leased') AND r.due_at <= {NOW} \
         AND (r.kind = 'customer' OR NOT EXISTS (SELECT 1 FROM partnero_outbox e \
         WHERE e.state IN ('due', 'leased') AND e.customer = r.customer AND e.id < r.id)) \
         AND NOT EXISTS (SELECT 1 FROM partnero_outbox_gate WHERE closed_at IS NOT NULL)"
    )
}

/// The rows that a claim takes.
pub(crate) fn heads(limit: &str) -> String {
    let ready = ready();
    format!("SELECT r.id FROM partnero_outbox r WHERE {ready} ORDER BY r.due_at LIMIT {limit}")
}

pub(crate) async fn enqueue(pool: &Pool, row: &NewRow) -> Result<Enqueued, OutboxError> {
    // Not `begin_briefly`: the app waits for a lock as long as it waits for its own.
    let mut transaction = pool.begin_with(BEGIN).await?;
    let enqueued = insert(&mut transaction, row).await?;
    transaction.commit().await?;
    Ok(enqueued)
}

/// Writes a row within the transaction that the connection is in.
async fn insert(connection: &mut Connection, row: &NewRow) -> Result<Enqueued, OutboxError> {
    let done = sqlx::query(Outbox::INSERT)
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
        insert(self, row).await
    }
}

impl sealed::Write for Transaction<'_, Database> {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        insert(self, row).await
    }
}

pub(crate) async fn claim(
    pool: &Pool,
    owner: &str,
    lease: i64,
    limit: i64,
) -> Result<Claim, OutboxError> {
    let gate = sqlx::query(GATE.as_str()).fetch_one(pool).await?;
    let now: i64 = gate.try_get(3)?;
    if gate.try_get::<Option<i64>, _>(0)?.is_some() {
        let probe_at: Option<i64> = gate.try_get(1)?;
        let not_before: i64 = gate.try_get(2)?;
        let probe_in = (probe_at.unwrap_or(now).max(not_before) - now).max(0);
        return Ok(Claim::Shut { probe_in });
    }
    // Looks before it takes the lock, so that an idle worker does not keep the app from writing.
    let query = sqlx::query_scalar(ANY_READY.as_str());
    let ready: i64 = query.fetch_one(pool).await?;
    if ready == 0 {
        let (pruned, rows) = (false, Vec::new());
        return Ok(Claim::Open { now, pruned, rows });
    }
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(CLAIM.as_str());
    let query = query.bind(owner).bind(lease).bind(limit);
    let claimed = query.fetch_all(&mut *transaction).await?;
    // Asked after the claim: receipts may have been deleted until then.
    let query = sqlx::query_scalar(PRUNED.as_str());
    let pruned: Option<i64> = query.fetch_one(&mut *transaction).await?;
    let pruned = pruned.is_some();
    let mut rows = Vec::with_capacity(claimed.len());
    for row in &claimed {
        match read(row) {
            Ok(row) => rows.push(row),
            // A row that another driver wrote wrongly must not stop the claim of the others.
            Err(error) => {
                let cause = error
                    .source()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                settle::bury(&mut transaction, row.try_get(0)?, owner, &cause).await?;
            }
        }
    }
    transaction.commit().await?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(Claim::Open { now, pruned, rows })
}

fn read(row: &<Database as sqlx::Database>::Row) -> Result<Claimed, OutboxError> {
    Ok(Claimed {
        id: row.try_get(0)?,
        kind: kind(row.try_get(1)?)?,
        key: row.try_get(2)?,
        customer: row.try_get(3)?,
        payload: row.try_get(4)?,
        attempts: row.try_get(5)?,
        created_at: row.try_get(6)?,
        sent_at: row.try_get(7)?,
        tried_at: row.try_get(8)?,
        failing_ms: row.try_get(9)?,
    })
}
