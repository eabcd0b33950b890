//! Makes rows due that wait for a row which is not there any more, because a person has deleted or
//! changed it by hand.
//!
//! A repair goes through the rows that wait in many small steps, each bounded by an index, so that
//! none takes long beside many rows that wait rightly.

use sqlx::Row;

use super::{
    BEGIN_LOOKING, Connection, LISTED, NOW, Pool, begin_briefly, list, next_lane, oldest, text,
};
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::Repair;

/// How many customers one step asks about, and how many held rows.
const MOST: i64 = 100;

statements! {
    // Finds one customer after the other in the index, and reads no other row of the lane. The
    // subqueries are no joins, because PostgreSQL may then read all live rows.
    LANES = "WITH RECURSIVE lane(customer, place) AS (\
        SELECT {first}, 1 UNION ALL SELECT {next}, place + 1 FROM lane \
        WHERE lane.customer IS NOT NULL AND place < {MOST}) \
        SELECT customer, {queued}, {live} FROM lane WHERE customer IS NOT NULL",
        first = next_lane("$2", "= 'queued'"), next = next_lane("lane.customer", "= 'queued'"),
        queued = oldest("$1", "lane.customer", "= 'queued'"),
        live = oldest("$1", "lane.customer", "IN ('due', 'leased')");
    // A row of another driver may be held and not say for which row.
    HELD_FOR_NOBODY = "SELECT id FROM partnero_outbox \
        WHERE program = $1 AND state = 'held' AND waits_for IS NULL ORDER BY waits_for LIMIT {MOST}";
    HELD = "SELECT id, waits_for, (SELECT 1 FROM partnero_outbox w \
        WHERE w.id = r.waits_for AND w.state <> 'done' \
        AND (w.state <> 'dead' OR r.kind <> 'customer' OR w.kind = 'deletion')) \
        FROM partnero_outbox r WHERE program = $1 AND state = 'held' \
        AND (waits_for, id) > ($2, $3) ORDER BY waits_for, id LIMIT {MOST}";
    MAKE_DUE = "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = {NOW} \
        WHERE id {LISTED} AND state IN ('queued', 'held')";
}

/// Does one step. The answer is where the next one begins, or `None` if this was the last.
pub(crate) async fn repair(
    pool: &Pool,
    program: &str,
    from: &Repair,
) -> Result<Option<Repair>, OutboxError> {
    let mut lost = Vec::new();
    let mut looking = pool.begin_with(BEGIN_LOOKING).await?;
    let next = Repair {
        lane: lanes(&mut looking, program, from, &mut lost).await?,
        held: held(&mut looking, program, from, &mut lost).await?,
    };
    looking.commit().await?;
    if !lost.is_empty() {
        let mut transaction = begin_briefly(pool).await?;
        // The list may be out of date by now. That does no harm: the next claim queues a row again
        // that has a head, and a held row asks again before it is sent.
        make_due(&mut transaction, &lost).await?;
        transaction.commit().await?;
    }
    let is_end = next.lane.is_none() && next.held.is_none();
    Ok((!is_end).then_some(next))
}

/// Finds queued rows that no head will make due. The answer is the last customer that was looked at.
async fn lanes(
    connection: &mut Connection,
    program: &str,
    from: &Repair,
    lost: &mut Vec<i64>,
) -> Result<Option<String>, OutboxError> {
    let Some(after) = &from.lane else {
        return Ok(None);
    };
    let query = sqlx::query(LANES.as_str()).bind(program).bind(after);
    let lanes = query.fetch_all(connection).await?;
    for lane in &lanes {
        let (queued, head): (Option<i64>, Option<i64>) = (lane.try_get(1)?, lane.try_get(2)?);
        lost.extend(queued.filter(|queued| head.is_none_or(|head| head > *queued)));
    }
    let furthest = lanes.last().filter(|_| is_full(&lanes));
    let seen = furthest.map(|lane| text(lane, 0)).transpose()?;
    // Bytes of another driver that are no text come back as another customer, and would be found
    // again and again.
    Ok(seen.filter(|seen| seen != after))
}

/// Finds held rows whose row to wait for is gone or settled. The answer is the last one that was
/// looked at, if there may be more.
async fn held(
    connection: &mut Connection,
    program: &str,
    from: &Repair,
    lost: &mut Vec<i64>,
) -> Result<Option<(i64, i64)>, OutboxError> {
    let Some((waits_for, id)) = from.held else {
        return Ok(None);
    };
    let query = sqlx::query_scalar(HELD_FOR_NOBODY.as_str()).bind(program);
    let for_nobody: Vec<i64> = query.fetch_all(&mut *connection).await?;
    lost.extend(for_nobody);
    let query = sqlx::query(HELD.as_str()).bind(program);
    let rows = query.bind(waits_for).bind(id).fetch_all(connection).await?;
    let mut seen = None;
    for row in &rows {
        let id = row.try_get(0)?;
        seen = Some((row.try_get(1)?, id));
        if row.try_get::<Option<i32>, _>(2)?.is_none() {
            lost.push(id);
        }
    }
    Ok(seen.filter(|_| is_full(&rows)))
}

/// Whether there may be more of these rows.
fn is_full<T>(rows: &[T]) -> bool {
    i64::try_from(rows.len()) == Ok(MOST)
}

/// Makes rows due that nothing else makes due.
pub(super) async fn make_due(connection: &mut Connection, lost: &[i64]) -> Result<(), OutboxError> {
    if lost.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(MAKE_DUE.as_str()).bind(list(lost)?);
    query.execute(connection).await?;
    Ok(())
}
