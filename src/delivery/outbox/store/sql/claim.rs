//! What a worker takes, as far as the gate is open.

use std::error::Error;

use sqlx::Row;

use super::{Connection, Database, Pool, SqlStore, kind, queries};
use crate::delivery::deliver::DeadReason;
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::{Claim, Claimed};

pub(super) async fn claim(
    store: &SqlStore,
    owner: &str,
    lease: i64,
    limit: i64,
) -> Result<Claim, OutboxError> {
    let gate = sqlx::query(queries::GATE).fetch_one(&store.pool).await?;
    let now: i64 = gate.try_get(3)?;
    if gate.try_get::<Option<i64>, _>(0)?.is_some() {
        let probe_at: Option<i64> = gate.try_get(1)?;
        let not_before: i64 = gate.try_get(2)?;
        let probe_in = (probe_at.unwrap_or(now).max(not_before) - now).max(0);
        return Ok(Claim::Shut { probe_in });
    }
    // An idle worker takes no writer's lock.
    if !is_any_ready(&store.pool).await? {
        let (pruned, rows) = (false, Vec::new());
        return Ok(Claim::Open { now, pruned, rows });
    }
    let mut transaction = store.begin().await?;
    let claimed = sqlx::query(queries::CLAIM)
        .bind(owner)
        .bind(lease)
        .bind(limit)
        .fetch_all(&mut *transaction)
        .await?;
    // Later than the claim: a key whose receipt was there until a moment ago may be among its rows.
    let pruned = sqlx::query_scalar(queries::PRUNED);
    let pruned: Option<i64> = pruned.fetch_one(&mut *transaction).await?;
    let pruned = pruned.is_some();
    let mut rows = Vec::with_capacity(claimed.len());
    for row in &claimed {
        match read(row) {
            Ok(row) => rows.push(row),
            // Nothing that another driver has written holds up what stands beside it.
            Err(error) => bury(&mut transaction, row.try_get(0)?, owner, &error).await?,
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

/// A dead letter out of a row that was claimed and cannot be read.
async fn bury(
    connection: &mut Connection,
    id: i64,
    owner: &str,
    error: &OutboxError,
) -> Result<(), OutboxError> {
    let cause = error.source().map(ToString::to_string);
    let query = sqlx::query(queries::DEAD)
        .bind(id)
        .bind(owner)
        .bind(DeadReason::Unreadable.as_str())
        .bind(true)
        .bind(None::<i64>)
        .bind(cause.unwrap_or_else(|| error.to_string()));
    query.execute(connection).await?;
    Ok(())
}

async fn is_any_ready(pool: &Pool) -> Result<bool, OutboxError> {
    let query = sqlx::query_scalar(queries::ANY_READY);
    let ready: i64 = query.fetch_one(pool).await?;
    Ok(ready > 0)
}
