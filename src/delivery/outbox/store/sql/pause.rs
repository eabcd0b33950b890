//! The gate: one row that says whether the whole fleet pauses.

use sqlx::Row;

use super::{NOW, Pool, begin_briefly};
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::Passage;

statements! {
    PASSAGE = "SELECT closed_at, not_before, {NOW} FROM partnero_outbox_gate WHERE id = 1";
    /// If several ask for a pause, the longest counts, also when a probe succeeds meanwhile.
    SHUT = "UPDATE partnero_outbox_gate SET reason = $1, closed_at = COALESCE(closed_at, {NOW}), \
        probe_at = COALESCE(probe_at, $2 + {NOW}), \
        not_before = CASE WHEN not_before > $2 + {NOW} THEN not_before ELSE $2 + {NOW} END \
        WHERE id = 1";
    TAKE_PROBE = "UPDATE partnero_outbox_gate SET probes = probes + 1, probe_at = $1 + {NOW} \
        WHERE id = 1 AND closed_at IS NOT NULL AND COALESCE(probe_at, 0) <= {NOW} \
        AND not_before <= {NOW} RETURNING probes";
    DEFER_PROBE = "UPDATE partnero_outbox_gate SET probe_at = $1 + {NOW} \
        WHERE id = 1 AND closed_at IS NOT NULL";
    OPEN = "UPDATE partnero_outbox_gate SET closed_at = NULL, reason = NULL, probe_at = NULL, \
        probes = 0 WHERE id = 1 AND not_before <= {NOW}";
    /// Somebody has asked for a longer pause while the gate was probed.
    PROBE_AGAIN = "UPDATE partnero_outbox_gate SET probe_at = not_before \
        WHERE id = 1 AND closed_at IS NOT NULL";
    RESUME_ROWS = "UPDATE partnero_outbox SET due_at = {NOW} WHERE state = 'due' AND due_at >= \
        (SELECT not_before FROM partnero_outbox_gate WHERE id = 1 AND closed_at IS NOT NULL)";
    RESUME = "UPDATE partnero_outbox_gate SET closed_at = NULL, reason = NULL, probe_at = NULL, \
        not_before = 0, probes = 0 WHERE id = 1 AND closed_at IS NOT NULL";
}

pub(crate) async fn passage(pool: &Pool) -> Result<Passage, OutboxError> {
    let gate = sqlx::query(PASSAGE.as_str()).fetch_one(pool).await?;
    let closed_at: Option<i64> = gate.try_get(0)?;
    let (not_before, now): (i64, i64) = (gate.try_get(1)?, gate.try_get(2)?);
    Ok(match closed_at {
        None => Passage::Open,
        Some(_) => Passage::shut_for(not_before - now),
    })
}

pub(crate) async fn shut_gate(pool: &Pool, reason: &str, wait: i64) -> Result<(), OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(SHUT.as_str()).bind(reason).bind(wait);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(crate) async fn take_probe(pool: &Pool, hold: i64) -> Result<Option<i64>, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query_scalar(TAKE_PROBE.as_str()).bind(hold);
    let probes: Option<i64> = query.fetch_optional(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(probes.map(|probes| probes - 1))
}

pub(crate) async fn defer_probe(pool: &Pool, wait: i64) -> Result<(), OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(DEFER_PROBE.as_str()).bind(wait);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(crate) async fn open_gate(pool: &Pool) -> Result<(), OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(OPEN.as_str());
    if query.execute(&mut *transaction).await?.rows_affected() == 0 {
        let query = sqlx::query(PROBE_AGAIN.as_str());
        query.execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

pub(crate) async fn resume(pool: &Pool) -> Result<bool, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(RESUME_ROWS.as_str());
    query.execute(&mut *transaction).await?;
    let query = sqlx::query(RESUME.as_str());
    let opened = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(opened > 0)
}
