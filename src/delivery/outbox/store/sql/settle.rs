//! What became of rows: those that have arrived in one statement, the others each by itself.

use std::collections::HashSet;

use serde::Serialize;

use super::announce::announce;
use super::{Connection, SqlStore, queries};
use crate::delivery::outbox::store::{Change, Op, Written};
use crate::delivery::outbox::{OutboxError, OutboxErrorKind};

/// A row that has arrived, for a statement that takes many as one JSON text.
#[derive(Serialize)]
struct Arrived<'a> {
    id: i64,
    owner: &'a str,
    outcome: &'static str,
}

pub(super) async fn write(
    store: &SqlStore,
    changes: &[Change],
) -> Result<Vec<Written>, OutboxError> {
    let mut transaction = store.begin().await?;
    // First: an announcement of the same batch may ask for one of them.
    let done = settle_arrived(&mut transaction, changes).await?;
    let mut written = Vec::with_capacity(changes.len());
    for Change { owner, op } in changes {
        written.push(match op {
            Op::Done { id, .. } => Written::Settled(done.contains(&(*id, &**owner))),
            op => apply(&mut transaction, owner, op).await?,
        });
    }
    revive(&mut transaction, done.into_iter().map(|(id, _)| id)).await?;
    transaction.commit().await?;
    Ok(written)
}

/// Which of them were still ours, and whose. Where two leases of one worker speak of one row, each
/// is asked for in a statement of its own.
async fn settle_arrived<'a>(
    connection: &mut Connection,
    changes: &'a [Change],
) -> Result<HashSet<(i64, &'a str)>, OutboxError> {
    let arrived = changes.iter().filter_map(|change| match change.op {
        Op::Done { id, outcome } => Some(Arrived {
            id,
            owner: &change.owner,
            outcome,
        }),
        _ => None,
    });
    let mut left: Vec<Arrived<'_>> = arrived.collect();
    let mut done = HashSet::new();
    while !left.is_empty() {
        let mut ids = HashSet::new();
        let (rows, others) = left.into_iter().partition(|row| ids.insert(row.id));
        let rows: Vec<Arrived<'_>> = rows;
        let query = sqlx::query_scalar(queries::DONE).bind(as_text(&rows)?);
        let settled: Vec<i64> = query.fetch_all(&mut *connection).await?;
        let settled: HashSet<i64> = settled.into_iter().collect();
        let ours = rows.iter().filter(|row| settled.contains(&row.id));
        done.extend(ours.map(|row| (row.id, row.owner)));
        left = others;
    }
    Ok(done)
}

fn as_text(rows: &[Arrived<'_>]) -> Result<String, OutboxError> {
    serde_json::to_string(rows)
        .map_err(|error| OutboxError::new(OutboxErrorKind::Database).with_source(error))
}

/// As [`as_text`], for statements that ask only which rows.
pub(super) fn ids_as_text(ids: impl IntoIterator<Item = i64>) -> Result<String, OutboxError> {
    let (owner, outcome) = ("", "");
    let rows = ids.into_iter().map(|id| Arrived { id, owner, outcome });
    as_text(&rows.collect::<Vec<_>>())
}

async fn apply(connection: &mut Connection, owner: &str, op: &Op) -> Result<Written, OutboxError> {
    let id = op.id();
    let query = match op {
        Op::Announce { check, once, .. } => {
            return announce(connection, owner, id, check, *once)
                .await
                .map(Written::Announced);
        }
        Op::Done { .. } => return Ok(Written::Settled(false)),
        Op::Retry {
            after,
            sent,
            failing,
            answer,
            ..
        } => {
            let (keep, sent_at) = sent.parts();
            let query = sqlx::query(queries::RETRY)
                .bind(id)
                .bind(owner)
                .bind(*after);
            let query = query.bind(keep).bind(sent_at).bind(*failing);
            query.bind(answer)
        }
        Op::Dead {
            reason,
            sent,
            answer,
            ..
        } => {
            let (keep, sent_at) = sent.parts();
            let query = sqlx::query(queries::DEAD)
                .bind(id)
                .bind(owner)
                .bind(*reason);
            query.bind(keep).bind(sent_at).bind(answer)
        }
        Op::Release { after, sent, .. } => {
            let (keep, sent_at) = sent.parts();
            let query = sqlx::query(queries::RELEASE)
                .bind(id)
                .bind(owner)
                .bind(*after);
            query.bind(keep).bind(sent_at)
        }
    };
    let was_ours = query.execute(connection).await?.rows_affected() > 0;
    Ok(Written::Settled(was_ours))
}

/// What waited for these rows waits no longer. It comes last in its transaction: whoever holds a
/// row has locked the one it waits for, and was seen to its end before that one was changed.
pub(super) async fn revive(
    connection: &mut Connection,
    done: impl IntoIterator<Item = i64>,
) -> Result<(), OutboxError> {
    let done: Vec<i64> = done.into_iter().collect();
    if done.is_empty() {
        return Ok(());
    }
    let query = sqlx::query_scalar(queries::ANY_HELD);
    let any: i64 = query.fetch_one(&mut *connection).await?;
    if any > 0 {
        let query = sqlx::query(queries::REVIVE).bind(ids_as_text(done)?);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
