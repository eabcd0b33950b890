//! What an operator asks for and decides.

use sqlx::Row;

use super::settle::{ids_as_text, revive};
use super::{Database, Pool, SqlStore, kind, queries};
use crate::delivery::outbox::status::{millis, time};
use crate::delivery::outbox::store::Which;
use crate::delivery::outbox::{DeadLetter, OutboxError, Status};

pub(super) async fn status(pool: &Pool) -> Result<Status, OutboxError> {
    let row = sqlx::query(queries::STATUS).fetch_one(pool).await?;
    let number = |index| -> Result<u64, OutboxError> {
        let number: Option<i64> = row.try_get(index)?;
        Ok(number
            .and_then(|number| number.try_into().ok())
            .unwrap_or(0))
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

pub(super) async fn dead(
    pool: &Pool,
    after: i64,
    limit: i64,
) -> Result<Vec<DeadLetter>, OutboxError> {
    let query = sqlx::query(queries::LIST_DEAD).bind(after).bind(limit);
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

/// A text, even where another driver has written bytes.
fn text(row: &<Database as sqlx::Database>::Row, index: usize) -> Result<String, OutboxError> {
    let bytes: Vec<u8> = row.try_get_unchecked(index)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) async fn replay(store: &SqlStore, which: Which) -> Result<u64, OutboxError> {
    let mut transaction = store.begin().await?;
    let query = match which {
        Which::One(id) => sqlx::query(queries::REPLAY).bind(id),
        Which::All => sqlx::query(queries::REPLAY_ALL),
    };
    let replayed = query.execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(replayed)
}

pub(super) async fn discard(store: &SqlStore, id: i64, reason: &str) -> Result<bool, OutboxError> {
    let mut transaction = store.begin().await?;
    let query = sqlx::query(queries::DISCARD).bind(id).bind(reason);
    let found = query.execute(&mut *transaction).await?.rows_affected() > 0;
    if found {
        revive(&mut transaction, [id]).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

pub(super) async fn prune(store: &SqlStore, age: i64, limit: i64) -> Result<u64, OutboxError> {
    // Before the transaction: looking through many receipts must keep nobody from writing. One that
    // is old stays so.
    let query = sqlx::query_scalar(queries::OLD_RECEIPTS);
    let old: Vec<i64> = query.bind(age).bind(limit).fetch_all(&store.pool).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let mut transaction = store.begin().await?;
    let query = sqlx::query(queries::PRUNE).bind(ids_as_text(old)?);
    let pruned = query.execute(&mut *transaction).await?.rows_affected();
    if pruned > 0 {
        let note = sqlx::query(queries::NOTE_PRUNING);
        note.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(pruned)
}
