//! What a worker takes, as far as the gate is open.

use sqlx::Row;

use super::{Pool, SqlStore, kind, queries};
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
    transaction.commit().await?;
    let mut rows = Vec::with_capacity(claimed.len());
    for row in &claimed {
        rows.push(Claimed {
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
        });
    }
    rows.sort_unstable_by_key(|row| row.id);
    Ok(Claim::Open { now, pruned, rows })
}

async fn is_any_ready(pool: &Pool) -> Result<bool, OutboxError> {
    let query = sqlx::query_scalar(queries::ANY_READY);
    let ready: i64 = query.fetch_one(pool).await?;
    Ok(ready > 0)
}
