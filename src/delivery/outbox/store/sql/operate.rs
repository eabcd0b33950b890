//! What an operator asks and decides.

use sqlx::Row;

use super::settle::{ids_as_text, revive};
use super::{ARRIVED, Database, NOW, Pool, begin_briefly, kind};
use crate::delivery::outbox::clock::{millis, time};
use crate::delivery::outbox::store::Which;
use crate::delivery::outbox::{DeadLetter, OutboxError, Status};

/// Makes a dead letter due, as if it had never been tried. `sent_at` stays, so that a sale is
/// looked up first.
const DUE_AGAIN: &str = "state = 'due', outcome = NULL, settled_at = NULL, attempts = 0, \
     tried_at = NULL, failing_ms = 0";

statements! {
    STATUS = "SELECT \
        (SELECT COUNT(*) FROM partnero_outbox WHERE state IN ('due', 'leased') AND due_at <= {NOW}), \
        (SELECT COUNT(*) FROM partnero_outbox WHERE state IN ('due', 'leased')), \
        (SELECT COUNT(*) FROM partnero_outbox WHERE state = 'held'), \
        (SELECT COUNT(*) FROM partnero_outbox WHERE state = 'dead'), \
        {NOW} - (SELECT MIN(created_at) FROM partnero_outbox WHERE state IN ('due', 'leased')), \
        {NOW} - closed_at, reason FROM partnero_outbox_gate WHERE id = 1";
    LIST_DEAD = "SELECT id, kind, key, customer, outcome, last_answer, attempts, created_at, \
        settled_at FROM partnero_outbox WHERE state = 'dead' AND id > $1 ORDER BY id LIMIT $2";
    /// A person who replays a credit has found out that it did not arrive.
    REPLAY = "UPDATE partnero_outbox SET {DUE_AGAIN}, due_at = {NOW}, \
        sent_at = CASE kind WHEN 'credit' THEN NULL ELSE sent_at END \
        WHERE id = $1 AND state = 'dead'";
    REPLAY_ALL = "UPDATE partnero_outbox SET {DUE_AGAIN}, due_at = {NOW} \
        WHERE state = 'dead' AND kind <> 'credit'";
    DISCARD = "UPDATE partnero_outbox SET state = 'done', outcome = 'discarded', \
        settled_at = {NOW}, payload = NULL, public_key = NULL, last_answer = $2 \
        WHERE id = $1 AND state = 'dead'";
    OLD_RECEIPTS = "SELECT id FROM partnero_outbox WHERE state = 'done' AND kind <> 'credit' \
        AND settled_at <= {NOW} - $1 ORDER BY id LIMIT $2";
    PRUNE = "DELETE FROM partnero_outbox WHERE id IN (SELECT arrived.id FROM {ARRIVED})";
    NOTE_PRUNING = "UPDATE partnero_outbox_gate SET pruned_at = {NOW} WHERE id = 1";
}

pub(crate) async fn status(pool: &Pool) -> Result<Status, OutboxError> {
    let row = sqlx::query(STATUS.as_str()).fetch_one(pool).await?;
    let number = |index| -> Result<u64, OutboxError> {
        let number: Option<i64> = row.try_get(index)?;
        let number = number.and_then(|number| number.try_into().ok());
        Ok(number.unwrap_or(0))
    };
    let age = |index| -> Result<_, OutboxError> {
        let age: Option<i64> = row.try_get(index)?;
        Ok(age.map(millis))
    };
    Ok(Status {
        ready: number(0)?,
        pending: number(1)?,
        held: number(2)?,
        dead: number(3)?,
        oldest: age(4)?,
        shut_for: age(5)?,
        shut_because: row.try_get(6)?,
    })
}

pub(crate) async fn dead(
    pool: &Pool,
    after: i64,
    limit: i64,
) -> Result<Vec<DeadLetter>, OutboxError> {
    let query = sqlx::query(LIST_DEAD.as_str()).bind(after).bind(limit);
    let rows = query.fetch_all(pool).await?;
    let letters = rows.iter().map(|row| {
        Ok(DeadLetter {
            id: row.try_get(0)?,
            kind: kind(row.try_get(1)?)?,
            key: text(row, 2)?,
            customer: text(row, 3)?,
            reason: row.try_get::<Option<String>, _>(4)?.unwrap_or_default(),
            last_answer: row.try_get::<Option<String>, _>(5)?.unwrap_or_default(),
            attempts: row.try_get::<i64, _>(6)?.try_into().unwrap_or(0),
            enqueued_at: time(row.try_get(7)?),
            died_at: time(row.try_get::<Option<i64>, _>(8)?.unwrap_or(0)),
        })
    });
    letters.collect()
}

/// A text column. Another driver may have written bytes that are no UTF-8.
fn text(row: &<Database as sqlx::Database>::Row, index: usize) -> Result<String, OutboxError> {
    let bytes: Vec<u8> = row.try_get_unchecked(index)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) async fn replay(pool: &Pool, which: Which) -> Result<u64, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = match which {
        Which::One(id) => sqlx::query(REPLAY.as_str()).bind(id),
        Which::All => sqlx::query(REPLAY_ALL.as_str()),
    };
    let replayed = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(replayed)
}

pub(crate) async fn discard(pool: &Pool, id: i64, reason: &str) -> Result<bool, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(DISCARD.as_str()).bind(id).bind(reason);
    let found = query.execute(&mut *transaction).await?.rows_affected() > 0;
    if found {
        revive(&mut transaction, [id]).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

pub(crate) async fn prune(pool: &Pool, age: i64, limit: i64) -> Result<u64, OutboxError> {
    // The search runs before the transaction, because it may read many receipts and nobody can
    // write to SQLite meanwhile. A receipt that is old enough stays so.
    let query = sqlx::query_scalar(OLD_RECEIPTS.as_str());
    let old: Vec<i64> = query.bind(age).bind(limit).fetch_all(pool).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let mut transaction = begin_briefly(pool).await?;
    let query = sqlx::query(PRUNE.as_str()).bind(ids_as_text(old)?);
    let pruned = query.execute(&mut *transaction).await?.rows_affected();
    if pruned > 0 {
        let query = sqlx::query(NOTE_PRUNING.as_str());
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(pruned)
}
