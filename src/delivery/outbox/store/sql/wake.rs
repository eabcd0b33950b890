//! Makes rows due that have waited for another row.

use super::{
    AWAITED, Connection, ITS_KIND, ITS_STATE, LISTED, NOW, customers, is_one_of, list, oldest,
};
use crate::delivery::outbox::OutboxError;

statements! {
    // Of these ids, those that a row waits for. PostgreSQL may look for rows that wait for one id of a
    // list by reading all that wait, so each id is looked for by itself.
    WAITED_FOR = "SELECT {ITS_ID} FROM {AWAITED} WHERE (SELECT h.id FROM partnero_outbox h \
        WHERE h.program = $2 AND h.waits_for BETWEEN {ITS_ID} AND {ITS_ID} AND h.state = 'held' \
        ORDER BY h.waits_for LIMIT 1) IS NOT NULL";
    REVIVE = "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = {NOW} \
        WHERE state = 'held' AND program = $2 AND waits_for = $1";
    REVIVE_FRIENDS = "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = {NOW} \
        WHERE state = 'held' AND {ITS_KIND} = 'customer' AND program = $2 AND waits_for = $1 \
        AND (SELECT kind FROM partnero_outbox w WHERE w.id = $1) <> 'deletion'";
    PROMOTE = "UPDATE partnero_outbox SET state = 'due', due_at = {NOW} \
        WHERE {ITS_STATE} = 'queued' AND {is_oldest} RETURNING id, customer",
        is_oldest = is_one_of(&format!(
            "SELECT {} FROM partnero_outbox gone WHERE gone.id {LISTED}",
            oldest("gone.program", "gone.customer", "= 'queued'")
        ));
}

const ITS_ID: &str = "CAST(awaited.value AS BIGINT)";

/// Makes the rows due that waited for these. It must come after all other changes of its
/// transaction: a hold that runs at the same time locks the row that it waits for, and so is seen
/// here.
pub(super) async fn revive(
    connection: &mut Connection,
    program: &str,
    arrived: &[i64],
) -> Result<(), OutboxError> {
    make_due(connection, &REVIVE, program, arrived).await
}

/// Makes the sign-ups due that waited for these, which are dead now: a referrer who may never arrive
/// holds no friends. Sales go on waiting for their customer, and a new sign-up for the deletion of who
/// had its identifier. It must come after all other changes, as [`revive`].
pub(super) async fn revive_friends(
    connection: &mut Connection,
    program: &str,
    dead: &[i64],
) -> Result<(), OutboxError> {
    make_due(connection, &REVIVE_FRIENDS, program, dead).await
}

async fn make_due(
    connection: &mut Connection,
    statement: &'static str,
    program: &str,
    awaited: &[i64],
) -> Result<(), OutboxError> {
    if awaited.is_empty() {
        return Ok(());
    }
    let query = sqlx::query_scalar(WAITED_FOR.as_str()).bind(list(awaited)?);
    let waited_for: Vec<i64> = query.bind(program).fetch_all(&mut *connection).await?;
    for id in waited_for {
        let query = sqlx::query(statement).bind(id).bind(program);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes the oldest queued row due in each lane that one of these rows has left. It must come after
/// all other changes of its transaction: a claim that queues rows at the same time locks their
/// head, and so they are seen here. The answer is the ids of these rows, and their customers.
pub(super) async fn promote(
    connection: &mut Connection,
    gone: &[i64],
) -> Result<Vec<(i64, String)>, OutboxError> {
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query(PROMOTE.as_str()).bind(list(gone)?);
    customers(&query.fetch_all(connection).await?)
}
