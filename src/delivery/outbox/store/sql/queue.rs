//! How a row gets into the table, and how a worker leases it.
//!
//! Reports about one customer are a *lane*, and only its oldest row, the head, may be leased. A row
//! comes in as `due`. A claim that meets a due row behind the head makes it `queued`, so that no
//! later claim reads it; when the head leaves its lane, the oldest queued row becomes due
//! (`settle::promote`). So a claim costs as much as there are heads, however many rows wait behind
//! them.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use sqlx::{Row, Transaction};

use super::{
    BEGIN, Connection, Database, ENGINE, FOR_SHARE_SKIP_LOCKED, FOR_UPDATE_SKIP_LOCKED, LISTED,
    NOW, Pool, begin_briefly, is_one_of, kind, list, pause, person, settle,
};
use crate::delivery::outbox::OutboxRow;
use crate::delivery::outbox::store::{Claim, Claimed};
use crate::delivery::outbox::transaction::{Engine, sealed};
use crate::delivery::outbox::{Enqueued, Forgotten, Outbox, OutboxError};
use crate::delivery::report::ReportKind;

/// How many due rows one transaction of a claim looks at to find the lanes that have too many.
const MOST_LOOKED_AT: i64 = 256;
/// How many rows one transaction of a claim queues. SQLite lets nobody else write meanwhile.
const MOST_QUEUED: i64 = 5_000;
/// For how long a claim goes on while it finds only rows behind their heads.
const LONGEST_CLAIM: Duration = Duration::from_secs(5);

statements! {
    STATE = "SELECT state FROM partnero_outbox \
        WHERE program = $1 AND kind = 'customer' AND key = $2";
    ANY_DUE = "SELECT COUNT(*) FROM (SELECT 1 FROM partnero_outbox r WHERE {due} LIMIT 1) AS due",
        due = due();
    // Each with the rows before it in its lane. A sign-up is sent before all else, so none is before
    // it.
    CANDIDATES = "SELECT r.id, \
        CASE WHEN r.kind <> 'customer' THEN (SELECT MIN(e.id) FROM partnero_outbox e \
        WHERE e.program = $1 AND e.customer = r.customer AND e.state IN ('due', 'leased') \
        AND e.id < r.id) END, \
        CASE WHEN r.kind <> 'customer' THEN (SELECT MIN(q.id) FROM partnero_outbox q \
        WHERE q.program = $1 AND q.customer = r.customer AND q.state = 'queued' \
        AND q.id < r.id) END \
        FROM partnero_outbox r WHERE {due} AND NOT EXISTS \
        (SELECT 1 FROM partnero_outbox_gate WHERE program = $1 AND closed_at IS NOT NULL) \
        ORDER BY r.due_at, r.id LIMIT $2{FOR_UPDATE_SKIP_LOCKED}",
        due = due();
    STILL_HEADS = "SELECT id FROM partnero_outbox \
        WHERE id {LISTED} AND state IN ('due', 'leased'){FOR_SHARE_SKIP_LOCKED}";
    QUEUE = "UPDATE partnero_outbox SET state = 'queued', owner = NULL{AND_ATTEMPT} WHERE {is_behind}",
        is_behind = is_one_of(&format!("SELECT r.id FROM partnero_outbox h JOIN partnero_outbox r \
            ON r.program = h.program AND r.customer = h.customer AND r.id > h.id \
            AND r.kind <> 'customer' AND r.state IN ('due', 'leased') AND r.due_at <= {NOW} \
            WHERE h.id {LISTED} LIMIT {MOST_QUEUED}{FOR_UPDATE_SKIP_LOCKED}"));
    // A time in the future is left from a clock that was ahead. Some drivers write bytes where the
    // column is a text.
    LEASE = "UPDATE partnero_outbox SET state = 'leased', owner = $2, due_at = {NOW} + $3, \
        created_at = CASE WHEN created_at > {NOW} THEN {NOW} ELSE created_at END, \
        sent_at = CASE WHEN sent_at > {NOW} THEN {NOW} ELSE sent_at END{AND_ATTEMPT} \
        WHERE id {LISTED} \
        RETURNING id, kind, key, customer, CAST(payload AS TEXT), attempts, created_at, sent_at, \
        tried_at, failing_ms";
    MAKE_DUE = "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = {NOW} \
        WHERE id {LISTED} AND state IN ('queued', 'held')";
    // Finds one customer after the other in the index, and reads no other row of the lane.
    LANES_WITHOUT_HEAD = "WITH RECURSIVE lane(customer) AS (\
        SELECT MIN(customer) FROM partnero_outbox WHERE program = $1 AND state = 'queued' \
        UNION ALL SELECT (SELECT MIN(customer) FROM partnero_outbox \
        WHERE program = $1 AND state = 'queued' AND customer > lane.customer) \
        FROM lane WHERE lane.customer IS NOT NULL), \
        oldest(customer, id) AS (SELECT lane.customer, (SELECT MIN(id) FROM partnero_outbox q \
        WHERE q.program = $1 AND q.customer = lane.customer AND q.state = 'queued') \
        FROM lane WHERE lane.customer IS NOT NULL) \
        SELECT id FROM oldest WHERE NOT EXISTS (SELECT 1 FROM partnero_outbox e \
        WHERE e.program = $1 AND e.customer = oldest.customer \
        AND e.state IN ('due', 'leased') AND e.id < oldest.id)";
    HELD_FOR_NOTHING = "SELECT id FROM partnero_outbox r WHERE program = $1 AND state = 'held' \
        AND NOT EXISTS (SELECT 1 FROM partnero_outbox w WHERE w.id = r.waits_for \
        AND w.state <> 'done' AND (w.state <> 'dead' OR r.kind <> 'customer'))";
}

/// A lease that ran out was an attempt. Another driver may have written any number.
const AND_ATTEMPT: &str = ", attempts = attempts + \
     CASE WHEN state = 'leased' AND attempts < 1000000000 THEN 1 ELSE 0 END";

/// Due, or leased by an owner whose lease has run out.
fn due() -> String {
    format!("r.program = $1 AND r.state IN ('due', 'leased') AND r.due_at <= {NOW}")
}

pub(crate) async fn enqueue(
    pool: &Pool,
    program: &str,
    row: &OutboxRow,
) -> Result<Enqueued, OutboxError> {
    // Not `begin_briefly`: the app waits for a lock as long as it waits for its own.
    let mut transaction = pool.begin_with(BEGIN).await?;
    let enqueued = insert(&mut transaction, program, row).await?;
    transaction.commit().await?;
    Ok(enqueued)
}

/// Writes a row within the transaction that the connection is in.
async fn insert(
    connection: &mut Connection,
    program: &str,
    row: &OutboxRow,
) -> Result<Enqueued, OutboxError> {
    let mut is_receipt = false;
    if row.kind == ReportKind::Customer {
        let query = sqlx::query_scalar(STATE.as_str()).bind(program);
        let state: Option<String> = query
            .bind(&row.key)
            .fetch_optional(&mut *connection)
            .await?;
        is_receipt = state.is_some_and(|state| state == "done");
    }
    let done = sqlx::query(Outbox::INSERT)
        .bind(row.kind.as_str())
        .bind(&row.key)
        .bind(&row.customer)
        .bind(&row.public_key)
        .bind(&row.payload)
        .bind(program)
        .execute(connection)
        .await?;
    Ok(match done.rows_affected() {
        0 => Enqueued::Repeated,
        _ if is_receipt => Enqueued::Again,
        _ => Enqueued::New,
    })
}

impl sealed::Write for Connection {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, program: &str, row: &OutboxRow) -> Result<Enqueued, OutboxError> {
        insert(self, program, row).await
    }

    async fn forget(&mut self, program: &str, customer: &str) -> Result<Forgotten, OutboxError> {
        person::forget_in(self, program, customer).await
    }
}

impl sealed::Write for Transaction<'_, Database> {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, program: &str, row: &OutboxRow) -> Result<Enqueued, OutboxError> {
        insert(self, program, row).await
    }

    async fn forget(&mut self, program: &str, customer: &str) -> Result<Forgotten, OutboxError> {
        person::forget_in(self, program, customer).await
    }
}

pub(crate) async fn claim(
    pool: &Pool,
    program: &str,
    owner: &str,
    lease: i64,
    limit: i64,
) -> Result<Claim, OutboxError> {
    let gate = pause::look(pool, program).await?;
    if gate.closed_at.is_some() {
        let probe_in = gate.probe_in();
        return Ok(Claim::Shut { probe_in });
    }
    let begun = Instant::now();
    let (now, mut pruned, mut rows) = (gate.now, false, Vec::new());
    let mut asked = limit;
    while begun.elapsed() < LONGEST_CLAIM {
        // Looks before it takes the lock, so that an idle worker does not keep the app from writing.
        let query = sqlx::query_scalar(ANY_DUE.as_str()).bind(program);
        match query.fetch_one(pool).await {
            Ok(0_i64) => break,
            Ok(_) => {}
            // The rows of the rounds before are leased already.
            Err(_) if !rows.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
        let round = match round(pool, program, owner, lease, asked).await {
            Ok(round) => round,
            Err(_) if !rows.is_empty() => break,
            Err(error) => return Err(error),
        };
        pruned |= round.pruned;
        rows.extend(round.rows);
        let left = limit - i64::try_from(rows.len()).unwrap_or(limit);
        let is_stuck = !round.changed && asked >= MOST_LOOKED_AT;
        if left <= 0 || round.is_last || is_stuck {
            break;
        }
        // Some were behind their heads. If no head was among them, there may be many more.
        asked = if rows.is_empty() {
            MOST_LOOKED_AT
        } else {
            left
        };
    }
    rows.sort_unstable_by_key(|row| row.id);
    Ok(Claim::Open { now, pruned, rows })
}

/// What one transaction of a claim did.
struct Round {
    rows: Vec<Claimed>,
    /// Another round would find no other row.
    is_last: bool,
    /// Another round would not find the same rows again.
    changed: bool,
    /// Receipts of sales were deleted before.
    pruned: bool,
}

async fn round(
    pool: &Pool,
    program: &str,
    owner: &str,
    lease: i64,
    asked: i64,
) -> Result<Round, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    let mut round = lease_heads(&mut transaction, program, owner, lease, asked).await?;
    // Asked after the lease: receipts may have been deleted until then.
    round.pruned = pause::look(&mut *transaction, program).await?.pruned;
    transaction.commit().await?;
    Ok(round)
}

/// Leases the heads among the oldest due rows, and queues the others.
async fn lease_heads(
    transaction: &mut Connection,
    program: &str,
    owner: &str,
    lease: i64,
    most: i64,
) -> Result<Round, OutboxError> {
    let query = sqlx::query(CANDIDATES.as_str()).bind(program).bind(most);
    let candidates = query.fetch_all(&mut *transaction).await?;
    let mut heads: Vec<i64> = Vec::new();
    let mut others: HashSet<i64> = HashSet::new();
    let mut lost: Vec<i64> = Vec::new();
    for row in &candidates {
        let (id, head): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
        let queued: Option<i64> = row.try_get(2)?;
        match (head, queued) {
            (Some(head), _) => {
                others.insert(head);
            }
            // Nothing has made the queued row due: its head was deleted by hand.
            (None, Some(queued)) => lost.push(queued),
            (None, None) => heads.push(id),
        }
    }
    make_due(transaction, &lost).await?;
    let queued = queue(transaction, &others).await?;
    let mut round = Round {
        rows: Vec::with_capacity(heads.len()),
        is_last: lost.is_empty() && i64::try_from(candidates.len()).unwrap_or(most) < most,
        changed: !heads.is_empty() || !lost.is_empty() || queued > 0,
        pruned: false,
    };
    if heads.is_empty() {
        return Ok(round);
    }
    let query = sqlx::query(LEASE.as_str()).bind(list(&heads)?);
    let query = query.bind(owner).bind(lease);
    let leased = query.fetch_all(&mut *transaction).await?;
    let mut unreadable = Vec::new();
    for row in &leased {
        match read(row) {
            Ok(row) => round.rows.push(row),
            // A row that another driver wrote wrongly must not stop the claim of the others.
            Err(cause) => {
                let id: i64 = row.try_get(0)?;
                settle::bury(transaction, id, owner, &cause).await?;
                unreadable.push(id);
            }
        }
    }
    settle::revive_friends(transaction, &unreadable).await?;
    settle::promote(transaction, &unreadable).await?;
    Ok(round)
}

/// Queues due rows that stand behind these heads. The answer is their number. A head that somebody
/// is just changing is left alone with the rows behind it: it may be leaving its lane. The others
/// are locked, so that who settles them waits for this transaction, and then finds the rows to
/// promote.
async fn queue(connection: &mut Connection, heads: &HashSet<i64>) -> Result<u64, OutboxError> {
    if heads.is_empty() {
        return Ok(0);
    }
    let heads: Vec<i64> = heads.iter().copied().collect();
    let query = sqlx::query_scalar(STILL_HEADS.as_str()).bind(list(&heads)?);
    let heads: Vec<i64> = query.fetch_all(&mut *connection).await?;
    let query = sqlx::query(QUEUE.as_str()).bind(list(&heads)?);
    let queued = query.execute(connection).await?.rows_affected();
    Ok(queued)
}

/// A row as a worker needs it, or what is wrong with it, for a person to read.
fn read(row: &<Database as sqlx::Database>::Row) -> Result<Claimed, String> {
    let text = |index, column: &str| -> Result<String, String> {
        let text = row.try_get(index);
        text.map_err(|_| format!("the column `{column}` holds no text"))
    };
    let time = |index, column: &str| -> Result<Option<i64>, String> {
        let unreadable = |_| format!("the column `{column}` holds no number");
        let number: Option<i64> = row.try_get(index).map_err(unreadable)?;
        match number {
            Some(number) if number < 0 => Err(format!(
                "the column `{column}` holds {number}, which is before 1970"
            )),
            _ => Ok(number),
        }
    };
    let number = |index, column: &str, most: i64| -> Result<i64, String> {
        let number: Result<i64, _> = row.try_get(index);
        let number = number.map_err(|_| format!("the column `{column}` holds no number"))?;
        if (0..=most).contains(&number) {
            Ok(number)
        } else {
            let wrong = format!("the column `{column}` holds {number}, not a number up to {most}");
            Err(wrong)
        }
    };
    let kind_name = text(1, "kind")?;
    let payload: Result<Option<String>, _> = row.try_get(4);
    Ok(Claimed {
        id: row.try_get(0).map_err(|error| error.to_string())?,
        kind: kind(&kind_name).map_err(|error| error.to_string())?,
        key: text(2, "key")?,
        customer: text(3, "customer")?,
        payload: payload.map_err(|_| "the column `payload` holds no text".to_owned())?,
        attempts: number(5, "attempts", 1_000_000_000)?,
        created_at: time(6, "created_at")?.unwrap_or_default(),
        sent_at: time(7, "sent_at")?,
        tried_at: time(8, "tried_at")?,
        failing_ms: number(9, "failing_ms", i64::MAX / 4)?,
    })
}

/// Makes rows due that wait for a row which is not there any more, because a person has deleted or
/// changed it by hand.
pub(crate) async fn repair(pool: &Pool, program: &str) -> Result<(), OutboxError> {
    let query = sqlx::query_scalar(LANES_WITHOUT_HEAD.as_str()).bind(program);
    let mut lost: Vec<i64> = query.fetch_all(pool).await?;
    let query = sqlx::query_scalar(HELD_FOR_NOTHING.as_str()).bind(program);
    let held: Vec<i64> = query.fetch_all(pool).await?;
    lost.extend(held);
    if lost.is_empty() {
        return Ok(());
    }
    let mut transaction = begin_briefly(pool).await?;
    make_due(&mut transaction, &lost).await?;
    Ok(transaction.commit().await?)
}

async fn make_due(connection: &mut Connection, lost: &[i64]) -> Result<(), OutboxError> {
    if lost.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(MAKE_DUE.as_str()).bind(list(lost)?);
    query.execute(connection).await?;
    Ok(())
}
