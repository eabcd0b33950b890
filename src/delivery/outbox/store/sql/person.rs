//! What is there about one customer: to be emptied, or to be shown to that person.
//!
//! Who is forgotten here is deleted at Partnero, too: a row of its own orders that. A new sign-up under
//! the same identifier is held until that is done (`Outbox::INSERT`), because it would otherwise be
//! deleted, too.

use serde_json::{Value, json};
use sqlx::Row;

use super::{
    BEGIN_BRIEFLY, Connection, Database, FOR_UPDATE, ITS_KIND, LISTED, NOW, Pool, is_one_of, list,
    wake,
};
use crate::delivery::outbox::forgotten::{Calls, NOBODY, OUTCOME};
use crate::delivery::outbox::{Forgotten, OutboxError};
use crate::delivery::report::ReportKind;

/// The rows about one customer. In parts, because each has its own index.
const ABOUT: &str = "SELECT id FROM partnero_outbox \
     WHERE program = $1 AND customer = $2 AND state IN ('due', 'leased') \
     UNION ALL SELECT id FROM partnero_outbox \
     WHERE program = $1 AND customer = $2 AND state = 'queued' \
     UNION ALL SELECT id FROM partnero_outbox \
     WHERE program = $1 AND customer = $2 AND state = 'held' \
     UNION ALL SELECT id FROM partnero_outbox \
     WHERE program = $1 AND customer = $2 AND settled_at IS NOT NULL";

statements! {
    LOCK = "SELECT id, state, kind, attempts, created_at, due_at FROM partnero_outbox \
        WHERE {about}{FOR_UPDATE}",
        about = is_one_of(ABOUT);
    FORGET = "UPDATE partnero_outbox SET state = 'done', customer = '{NOBODY}', owner = NULL, \
        waits_for = NULL, payload = NULL, public_key = NULL, last_answer = NULL, \
        outcome = CASE state WHEN 'done' THEN outcome ELSE '{OUTCOME}' END, \
        settled_at = CASE state WHEN 'done' THEN settled_at ELSE {NOW} END \
        WHERE id {LISTED} AND kind <> 'customer'";
    // An order that waits already stays as it is. It may be on its way to Partnero.
    ORDER_DELETION = "INSERT INTO partnero_outbox \
        (program, kind, key, customer, payload, due_at, sent_at) VALUES ($1, 'deletion', $2, $2, \
        '{{}}', CASE WHEN $3 > {NOW} THEN $3 ELSE {NOW} END, CASE WHEN $4 THEN {NOW} END) \
        ON CONFLICT (program, kind, key) DO UPDATE SET state = 'due', due_at = excluded.due_at, \
        created_at = excluded.created_at, attempts = 0, sent_at = excluded.sent_at, \
        failing_ms = NULL, outcome = NULL, last_answer = NULL, settled_at = NULL \
        WHERE partnero_outbox.state IN ('dead', 'done')";
    DELETE_SIGN_UP = "DELETE FROM partnero_outbox WHERE id {LISTED} AND {ITS_KIND} = 'customer'";
    EXPORT = "SELECT id, program, kind, key, customer, public_key, payload, state, owner, outcome, \
        last_answer, due_at, waits_for, sent_at, attempts, failing_ms, created_at, \
        settled_at FROM partnero_outbox WHERE {about} ORDER BY id",
        about = is_one_of(ABOUT);
}

/// How many of the columns of `EXPORT` between the first one and the times are texts.
const TEXTS: std::ops::Range<usize> = 1..11;

pub(crate) async fn forget(
    pool: &Pool,
    program: &str,
    customer: &str,
) -> Result<Forgotten, OutboxError> {
    let mut transaction = pool.begin_with(BEGIN_BRIEFLY).await?;
    let forgotten = forget_in(&mut transaction, program, customer).await?;
    transaction.commit().await?;
    Ok(forgotten)
}

/// Forgets within the transaction that the connection is in.
pub(super) async fn forget_in(
    connection: &mut Connection,
    program: &str,
    customer: &str,
) -> Result<Forgotten, OutboxError> {
    let mut forgotten = Forgotten::default();
    let mut calls = Calls::default();
    // Locked first, so that no worker settles a row between the look and the change.
    let query = sqlx::query(LOCK.as_str()).bind(program).bind(customer);
    let mut ids: Vec<i64> = Vec::new();
    for row in query.fetch_all(&mut *connection).await? {
        let state = row.try_get(1)?;
        if row.try_get::<&str, _>(2)? == ReportKind::Deletion.as_str() {
            continue;
        }
        ids.push(row.try_get(0)?);
        forgotten.count(state);
        calls.add(state, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
    }
    if !ids.is_empty() {
        for statement in [FORGET.as_str(), DELETE_SIGN_UP.as_str()] {
            let query = sqlx::query(statement).bind(list(&ids)?);
            query.execute(&mut *connection).await?;
        }
        // Friends of this customer have waited for the sign-up that is deleted now.
        wake::revive(connection, program, &ids).await?;
    }
    let query = sqlx::query(ORDER_DELETION.as_str()).bind(program);
    let query = query.bind(customer).bind(calls.leased_until);
    query.bind(calls.were_made).execute(connection).await?;
    Ok(forgotten)
}

pub(crate) async fn export(
    pool: &Pool,
    program: &str,
    customer: &str,
) -> Result<Vec<Value>, OutboxError> {
    if customer.contains('\0') {
        return Ok(Vec::new());
    }
    let query = sqlx::query(EXPORT.as_str()).bind(program).bind(customer);
    let rows = query.fetch_all(pool).await?;
    rows.iter().map(object).collect()
}

/// The row as a JSON object. The payload is a value in it, unless another driver wrote something
/// that is no JSON: then it is the text.
fn object(row: &<Database as sqlx::Database>::Row) -> Result<Value, OutboxError> {
    use sqlx::Column;

    let mut object = serde_json::Map::new();
    for (index, column) in row.columns().iter().enumerate() {
        let value = if TEXTS.contains(&index) {
            let bytes: Option<Vec<u8>> = row.try_get_unchecked(index)?;
            let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            match text {
                Some(text) if column.name() == "payload" => {
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                }
                text => json!(text),
            }
        } else {
            json!(row.try_get::<Option<i64>, _>(index)?)
        };
        object.insert(column.name().to_owned(), value);
    }
    Ok(Value::Object(object))
}
