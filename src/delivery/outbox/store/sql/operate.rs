//! What an operator asks and decides.

use sqlx::Row;

use super::settle::empty_deletions;
use super::wake::revive;
use super::{AFTER, LISTED, NOW, Pool, begin_briefly, kind, list, text};
use crate::delivery::outbox::clock::{millis, time};
use crate::delivery::outbox::store::Which;
use crate::delivery::outbox::{DeadLetter, OutboxError, Status};

/// Makes a dead letter due, as if it had never been tried. `sent_at` stays, so that a sale is
/// looked up first.
const DUE_AGAIN: &str = "state = 'due', outcome = NULL, settled_at = NULL, attempts = 0, \
     failing_ms = NULL";

/// What is said about rows of one kind that are due later or now, or leased. Each of the two kinds
/// has an index of its own, which is read once.
fn live(kind: &str) -> String {
    format!(
        "SELECT COUNT(CASE WHEN due_at <= {NOW} THEN 1 END) AS ready, COUNT(*) AS live, \
         MIN(created_at) AS created_at, MIN(CASE WHEN due_at <= {NOW} THEN due_at END) AS due_at \
         FROM partnero_outbox WHERE program = $1 AND state IN ('due', 'leased') AND {kind}"
    )
}

statements! {
    STATUS = "SELECT {NOW}, ready, live, \
        (SELECT COUNT(*) FROM partnero_outbox WHERE program = $1 AND state = 'queued'), \
        (SELECT COUNT(*) FROM partnero_outbox WHERE program = $1 AND state = 'held'), \
        (SELECT COUNT(*) FROM partnero_outbox WHERE program = $1 AND state = 'dead'), \
        created_at, due_at, closed_at, reason \
        FROM (SELECT CAST(SUM(ready) AS BIGINT) AS ready, CAST(SUM(live) AS BIGINT) AS live, \
        MIN(created_at) AS created_at, MIN(due_at) AS due_at \
        FROM ({fresh} UNION ALL {repeated}) AS kinds) AS pending \
        LEFT JOIN partnero_outbox_gate ON program = $1",
        fresh = live("attempts = 0"), repeated = live("attempts <> 0");
    LIST_DEAD = "SELECT id, kind, key, customer, outcome, last_answer, attempts, created_at, \
        settled_at FROM partnero_outbox WHERE program = $1 AND state = 'dead' AND {AFTER} \
        ORDER BY id LIMIT $3";
    // A person who replays a credit has found out that it did not arrive.
    REPLAY = "UPDATE partnero_outbox SET {DUE_AGAIN}, due_at = {NOW}, \
        sent_at = CASE kind WHEN 'credit' THEN NULL ELSE sent_at END \
        WHERE program = $1 AND id = $2 AND state = 'dead'";
    REPLAY_ALL = "UPDATE partnero_outbox SET {DUE_AGAIN}, due_at = {NOW} \
        WHERE program = $1 AND state = 'dead' AND kind <> 'credit'";
    DISCARD = "UPDATE partnero_outbox SET state = 'done', outcome = 'discarded', \
        settled_at = {NOW}, payload = NULL, public_key = NULL, last_answer = $3 \
        WHERE program = $1 AND id = $2 AND state = 'dead'";
    HASTEN = "UPDATE partnero_outbox SET due_at = {NOW} \
        WHERE program = $1 AND state IN ('due', 'leased') AND due_at > {NOW} + $2";
    OLD_RECEIPTS = "SELECT id FROM partnero_outbox WHERE program = $1 AND state = 'done' \
        AND kind <> 'credit' AND settled_at <= {NOW} - $2 ORDER BY settled_at LIMIT $3";
    // The app may have opened a receipt again since it was listed.
    PRUNE = "DELETE FROM partnero_outbox WHERE id {LISTED} AND state = 'done'";
    NOTE_PRUNING = "INSERT INTO partnero_outbox_gate (program, pruned_at) VALUES ($1, {NOW}) \
        ON CONFLICT (program) DO UPDATE SET pruned_at = excluded.pruned_at";
}

pub(crate) async fn status(pool: &Pool, program: &str) -> Result<Status, OutboxError> {
    let query = sqlx::query(STATUS.as_str()).bind(program);
    let row = query.fetch_one(pool).await?;
    let now: i64 = row.try_get(0)?;
    let number = |index| -> Result<u64, OutboxError> {
        let number: i64 = row.try_get(index)?;
        Ok(number.try_into().unwrap_or(0))
    };
    let age = |index| -> Result<_, OutboxError> {
        let since: Option<i64> = row.try_get(index)?;
        Ok(since.map(|since| millis(now.saturating_sub(since))))
    };
    Ok(Status {
        ready: number(1)?,
        pending: number(2)? + number(3)?,
        held: number(4)?,
        dead: number(5)?,
        oldest: age(6)?,
        overdue: age(7)?,
        paused_for: age(8)?,
        paused_because: row.try_get(9)?,
    })
}

pub(crate) async fn dead(
    pool: &Pool,
    program: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<DeadLetter>, OutboxError> {
    let query = sqlx::query(LIST_DEAD.as_str()).bind(program);
    let rows = query.bind(after).bind(limit).fetch_all(pool).await?;
    let letters = rows.iter().map(|row| {
        Ok(DeadLetter {
            id: row.try_get(0)?,
            kind: kind(&text(row, 1)?)?,
            key: text(row, 2)?,
            customer: text(row, 3)?,
            reason: text(row, 4)?,
            last_answer: text(row, 5)?,
            attempts: row.try_get::<i64, _>(6)?.try_into().unwrap_or(0),
            enqueued_at: time(row.try_get(7)?),
            died_at: time(row.try_get::<Option<i64>, _>(8)?.unwrap_or(0)),
        })
    });
    letters.collect()
}

pub(crate) async fn replay(pool: &Pool, program: &str, which: Which) -> Result<u64, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = match which {
        Which::One(id) => sqlx::query(REPLAY.as_str()).bind(program).bind(id),
        Which::All => sqlx::query(REPLAY_ALL.as_str()).bind(program),
    };
    let replayed = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(replayed)
}

pub(crate) async fn discard(
    pool: &Pool,
    program: &str,
    id: i64,
    reason: &str,
) -> Result<bool, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(DISCARD.as_str()).bind(program);
    let query = query.bind(id).bind(reason);
    let found = query.execute(&mut *transaction).await?.rows_affected() > 0;
    if found {
        empty_deletions(&mut transaction, &[id]).await?;
        // The reports behind it are sent although it never arrived: that is what the person has
        // decided.
        revive(&mut transaction, program, &[id]).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

pub(crate) async fn hasten(pool: &Pool, program: &str, beyond: i64) -> Result<u64, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(HASTEN.as_str()).bind(program).bind(beyond);
    let hastened = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(hastened)
}

pub(crate) async fn prune(
    pool: &Pool,
    program: &str,
    age: i64,
    limit: i64,
) -> Result<u64, OutboxError> {
    // Listed before the transaction begins: an SQLite file is then locked only while rows are
    // deleted.
    let query = sqlx::query_scalar(OLD_RECEIPTS.as_str()).bind(program);
    let query = query.bind(age).bind(limit);
    let old: Vec<i64> = query.fetch_all(pool).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(PRUNE.as_str()).bind(list(&old)?);
    let pruned = query.execute(&mut *transaction).await?.rows_affected();
    // In the same transaction. A claim that saw the receipts gone but not this note would send a
    // sale again without a look-up.
    let query = sqlx::query(NOTE_PRUNING.as_str()).bind(program);
    query.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(pruned)
}
