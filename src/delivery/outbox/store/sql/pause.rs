//! The gate: one row for each program that says whether its whole fleet pauses.

use sqlx::Row;

use super::{NOW, Pool, begin_briefly};
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::Passage;
use crate::delivery::outbox::store::protocol::END_OF_PAUSE;

statements! {
    // A program that has never paused has no row.
    GATE = "SELECT {NOW}, closed_at, probe_at, COALESCE(not_before, 0), pruned_at \
        FROM (SELECT 1 AS one) AS one LEFT JOIN partnero_outbox_gate ON program = $1";
    // If several ask for a pause, the longest counts, also when a probe succeeds meanwhile.
    SHUT = "INSERT INTO partnero_outbox_gate AS gate \
        (program, reason, closed_at, probe_at, not_before) \
        VALUES ($1, $2, {NOW}, $3 + {NOW}, $3 + {NOW}) \
        ON CONFLICT (program) DO UPDATE SET reason = excluded.reason, \
        closed_at = COALESCE(gate.closed_at, excluded.closed_at), \
        probe_at = COALESCE(gate.probe_at, excluded.probe_at), \
        not_before = CASE WHEN gate.not_before > excluded.not_before \
        THEN gate.not_before ELSE excluded.not_before END";
    // One statement asks and takes, so that of several workers only one sends the probe.
    TAKE_PROBE = "UPDATE partnero_outbox_gate SET probes = probes + 1, probe_at = $2 + {NOW} \
        WHERE program = $1 AND closed_at IS NOT NULL AND COALESCE(probe_at, 0) <= {NOW} \
        AND not_before <= {NOW} RETURNING probes";
    DEFER_PROBE = "UPDATE partnero_outbox_gate SET probe_at = $2 + {NOW} \
        WHERE program = $1 AND closed_at IS NOT NULL";
    OPEN = "UPDATE partnero_outbox_gate SET closed_at = NULL, reason = NULL, probe_at = NULL, \
        probes = 0 WHERE program = $1 AND not_before <= {NOW}";
    // Somebody has asked for a longer pause while the gate was probed.
    PROBE_AGAIN = "UPDATE partnero_outbox_gate SET probe_at = not_before \
        WHERE program = $1 AND closed_at IS NOT NULL";
    // `state IN ('due', 'leased')` is the condition of two indexes. It is written out, although
    // only due rows are changed, because SQLite uses such an index only for a query that repeats
    // its condition.
    RESUME_ROWS = "UPDATE partnero_outbox SET due_at = {NOW} \
        WHERE program = $1 AND state IN ('due', 'leased') AND state = 'due' AND due_at >= \
        (SELECT not_before - {END_OF_PAUSE} FROM partnero_outbox_gate \
        WHERE program = $1 AND closed_at IS NOT NULL)";
    RESUME = "UPDATE partnero_outbox_gate SET closed_at = NULL, reason = NULL, probe_at = NULL, \
        not_before = 0, probes = 0 WHERE program = $1 AND closed_at IS NOT NULL";
}

/// What the gate's row says.
pub(super) struct Gate {
    /// The database's clock.
    pub(super) now: i64,
    pub(super) closed_at: Option<i64>,
    probe_at: Option<i64>,
    not_before: i64,
    /// Receipts of sales were deleted.
    pub(super) pruned: bool,
}

impl Gate {
    /// In how many milliseconds the probe of a shut gate is due.
    pub(super) fn probe_in(&self) -> i64 {
        let probe_at = self.probe_at.unwrap_or(self.now).max(self.not_before);
        probe_at.saturating_sub(self.now).max(0)
    }
}

pub(super) async fn look(
    executor: impl sqlx::Executor<'_, Database = super::Database>,
    program: &str,
) -> Result<Gate, OutboxError> {
    let query = sqlx::query(GATE.as_str()).bind(program);
    let gate = query.fetch_one(executor).await?;
    Ok(Gate {
        now: gate.try_get(0)?,
        closed_at: gate.try_get(1)?,
        probe_at: gate.try_get(2)?,
        not_before: gate.try_get(3)?,
        pruned: gate.try_get::<Option<i64>, _>(4)?.is_some(),
    })
}

pub(crate) async fn passage(pool: &Pool, program: &str) -> Result<Passage, OutboxError> {
    let gate = look(pool, program).await?;
    Ok(match gate.closed_at {
        None => Passage::Open,
        Some(_) => Passage::shut_for(gate.not_before.saturating_sub(gate.now)),
    })
}

pub(crate) async fn shut_gate(
    pool: &Pool,
    program: &str,
    reason: &str,
    wait: i64,
) -> Result<(), OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(SHUT.as_str()).bind(program);
    let query = query.bind(reason).bind(wait);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(crate) async fn take_probe(
    pool: &Pool,
    program: &str,
    hold: i64,
) -> Result<Option<i64>, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query_scalar(TAKE_PROBE.as_str()).bind(program);
    let query = query.bind(hold);
    let probes: Option<i64> = query.fetch_optional(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(probes.map(|probes| probes - 1))
}

pub(crate) async fn defer_probe(pool: &Pool, program: &str, wait: i64) -> Result<(), OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(DEFER_PROBE.as_str()).bind(program).bind(wait);
    query.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(crate) async fn open_gate(pool: &Pool, program: &str) -> Result<(), OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(OPEN.as_str()).bind(program);
    if query.execute(&mut *transaction).await?.rows_affected() == 0 {
        let query = sqlx::query(PROBE_AGAIN.as_str()).bind(program);
        query.execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

pub(crate) async fn resume(pool: &Pool, program: &str) -> Result<bool, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(RESUME_ROWS.as_str()).bind(program);
    query.execute(&mut *transaction).await?;
    let query = sqlx::query(RESUME.as_str()).bind(program);
    let opened = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(opened > 0)
}
