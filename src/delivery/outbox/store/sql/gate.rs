//! The one row that says whether the fleet pauses.

use sqlx::Row;

use super::{Pool, SqlStore, queries};
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::Passage;

pub(super) async fn passage(pool: &Pool) -> Result<Passage, OutboxError> {
    let gate = sqlx::query(queries::GATE).fetch_one(pool).await?;
    let closed_at: Option<i64> = gate.try_get(0)?;
    let (not_before, now): (i64, i64) = (gate.try_get(2)?, gate.try_get(3)?);
    Ok(match closed_at {
        None => Passage::Open,
        Some(_) => Passage::shut_for(not_before - now),
    })
}

pub(super) async fn shut_gate(
    store: &SqlStore,
    reason: &str,
    wait: i64,
) -> Result<(), OutboxError> {
    let mut transaction = store.begin().await?;
    let query = sqlx::query(queries::SHUT_GATE).bind(reason).bind(wait);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn take_probe(store: &SqlStore, hold: i64) -> Result<Option<i64>, OutboxError> {
    let mut transaction = store.begin().await?;
    let query = sqlx::query_scalar(queries::TAKE_PROBE).bind(hold);
    let probes: Option<i64> = query.fetch_optional(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(probes.map(|probes| probes - 1))
}

pub(super) async fn defer_probe(store: &SqlStore, wait: i64) -> Result<(), OutboxError> {
    let mut transaction = store.begin().await?;
    let query = sqlx::query(queries::DEFER_PROBE).bind(wait);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn open_gate(store: &SqlStore) -> Result<(), OutboxError> {
    let mut transaction = store.begin().await?;
    let query = sqlx::query(queries::OPEN_GATE);
    let opened = query.execute(&mut *transaction).await?;
    if opened.rows_affected() == 0 {
        let query = sqlx::query(queries::PROBE_AGAIN);
        query.execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

pub(super) async fn resume(store: &SqlStore) -> Result<bool, OutboxError> {
    let mut transaction = store.begin().await?;
    let query = sqlx::query(queries::RESUME_ROWS);
    query.execute(&mut *transaction).await?;
    let query = sqlx::query(queries::RESUME);
    let opened = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(opened > 0)
}
