//! How a worker leases rows.
//!
//! Reports about one customer are a *lane*, and only its oldest row, the head, may be leased. A row
//! comes in as `due`. A claim that finds only due rows behind heads makes some of them `queued`, so
//! that no later claim reads them; when the head leaves its lane, the oldest queued row becomes due
//! (`wake::promote`). So a claim costs as much as there are heads, however many rows wait behind
//! them, and a claim that leases heads does no work for the rows behind others.

use std::collections::{HashMap, HashSet};

use sqlx::Row;

use super::repair::make_due;
use super::{
    Connection, Database, FOR_SHARE_SKIP_LOCKED, FOR_UPDATE_SKIP_LOCKED, ITS_STATE, LISTED,
    LOCKS_ALL, NOW, Pool, begin_briefly, is_one_of, kind, list, next_lane, oldest, pause, settle,
    wake,
};
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::store::{Claim, Claimed, Kind, Next, NextLease, Places};

/// A claim that has found only rows behind heads goes through so many lanes.
const MOST_LANES: i64 = 100;
/// How many rows one transaction of a claim queues. SQLite lets nobody else write meanwhile.
const MOST_QUEUED: u64 = 250;
/// In how many lanes. PostgreSQL lets nobody settle the heads of these lanes meanwhile.
const MOST_HEADS: usize = 32;

statements! {
    ANY_DUE = "SELECT (SELECT 1 FROM partnero_outbox r WHERE {fresh} ORDER BY r.due_at LIMIT 1), \
        (SELECT 1 FROM partnero_outbox r WHERE {repeated} ORDER BY r.due_at LIMIT 1)",
        fresh = due(FRESH), repeated = due(REPEATED);
    NEWEST_FRESH = "{candidate} WHERE {due} AND {OPEN} \
        ORDER BY r.due_at DESC LIMIT $2{FOR_UPDATE_SKIP_LOCKED}",
        candidate = candidate(), due = due(FRESH);
    OLDEST_FRESH = "{candidate} WHERE {due} AND {OPEN} \
        ORDER BY r.due_at LIMIT $2{FOR_UPDATE_SKIP_LOCKED}",
        candidate = candidate(), due = due(FRESH);
    OLDEST_REPEATED = "{candidate} WHERE {due} AND {OPEN} \
        ORDER BY r.due_at LIMIT $2{FOR_UPDATE_SKIP_LOCKED}",
        candidate = candidate(), due = due(REPEATED);
    // The subqueries are no joins, because PostgreSQL may then read all live rows. `ITS_STATE` keeps
    // SQLite from an index in which it would read the rows behind heads again.
    FRESH_OF_ANY_LANE = "{candidate} WHERE {is_oldest} AND {ITS_STATE} IN ('due', 'leased') \
        AND {FRESH} AND r.due_at <= {NOW} AND {OPEN} LIMIT $2{FOR_UPDATE_SKIP_LOCKED}",
        candidate = candidate(),
        is_oldest = is_one_of(&format!("WITH RECURSIVE lane(customer, place) AS (\
            SELECT {first}, 1 UNION ALL SELECT {next}, place + 1 FROM lane \
            WHERE lane.customer IS NOT NULL AND place < {MOST_LANES}) SELECT {oldest} FROM lane",
            first = next_lane("''", LIVE), next = next_lane("lane.customer", LIVE),
            oldest = oldest("$1", "lane.customer", LIVE)));
    FOLLOWERS = "SELECT id FROM partnero_outbox r WHERE id {LISTED} AND id = {oldest} \
        AND NOT EXISTS (SELECT 1 FROM partnero_outbox_gate gate \
        WHERE gate.program = r.program AND closed_at IS NOT NULL)",
        oldest = oldest("r.program", "r.customer", LIVE);
    STILL_HEADS = "SELECT id FROM partnero_outbox \
        WHERE id {LISTED} AND {ITS_STATE} IN ('due', 'leased'){FOR_SHARE_SKIP_LOCKED}";
    QUEUE = "UPDATE partnero_outbox SET state = 'queued', owner = NULL{AND_ATTEMPT} WHERE {is_behind}",
        is_behind = is_one_of(&format!("SELECT r.id FROM partnero_outbox r \
            WHERE r.program = $1 AND r.customer <= {ITS_CUSTOMER} \
            AND (r.customer, r.id) > ({ITS_CUSTOMER}, $2) \
            AND r.kind <> 'customer' AND r.state {LIVE} AND r.due_at <= {NOW} \
            ORDER BY r.customer, r.id LIMIT $3{FOR_UPDATE_SKIP_LOCKED}"));
    // A time in the future is left from a clock that was ahead. Some drivers write bytes where the
    // column is a text.
    LEASE = "UPDATE partnero_outbox SET state = 'leased', owner = $2, due_at = {NOW} + $3, \
        created_at = CASE WHEN created_at > {NOW} THEN {NOW} ELSE created_at END, \
        sent_at = CASE WHEN sent_at > {NOW} THEN {NOW} ELSE sent_at END{AND_ATTEMPT} \
        WHERE id {LISTED} \
        RETURNING id, kind, key, customer, CAST(payload AS TEXT), attempts, created_at, sent_at, \
        failing_ms";
}

/// A lease that ran out was an attempt. Another driver may have written any number.
const AND_ATTEMPT: &str = ", attempts = attempts + \
     CASE WHEN state = 'leased' AND attempts < 1000000000 THEN 1 ELSE 0 END";

const OPEN: &str = "NOT EXISTS \
     (SELECT 1 FROM partnero_outbox_gate WHERE program = $1 AND closed_at IS NOT NULL)";
/// Of the head of a lane. Read in the statement itself: what another driver wrote may be no text.
const ITS_CUSTOMER: &str = "(SELECT h.customer FROM partnero_outbox h WHERE h.id = $2)";
/// Due or leased.
const LIVE: &str = "IN ('due', 'leased')";
/// Never tried. Each of the two kinds has an index of its own.
const FRESH: &str = "r.attempts = 0";
const REPEATED: &str = "r.attempts <> 0";

/// A row, the row that is before it in its lane, and whether it is leased. A sign-up is sent before all
/// else, so none is before it. The oldest queued row is looked for only where no live one is before:
/// PostgreSQL reads a whole page of the index for it.
fn candidate() -> String {
    let (live, queued) = (
        oldest("$1", "r.customer", LIVE),
        oldest("$1", "r.customer", "= 'queued'"),
    );
    format!(
        "SELECT r.id, CASE WHEN r.kind <> 'customer' \
         THEN COALESCE('live ' || NULLIF({live}, r.id), 'queued ' || {queued}) END, r.state = 'leased' \
         FROM partnero_outbox r"
    )
}

/// Of this kind, and due, or leased by an owner whose lease has run out.
fn due(kind: &str) -> String {
    format!("r.program = $1 AND r.state IN ('due', 'leased') AND {kind} AND r.due_at <= {NOW}")
}

pub(crate) async fn claim(
    pool: &Pool,
    program: &str,
    owner: &str,
    lease: i64,
    places: Places,
) -> Result<Claim, OutboxError> {
    let gate = pause::look(pool, program).await?;
    if gate.closed_at.is_some() {
        let probe_in = gate.probe_in();
        return Ok(Claim::Shut { probe_in });
    }
    let nothing = Claim::Open {
        now: gate.now,
        pruned: gate.pruned,
        rows: Vec::new(),
        more: false,
        is_stuck: false,
    };
    // An idle worker does not keep the app from writing.
    if LOCKS_ALL && !is_any_due(pool, program, places).await? {
        return Ok(nothing);
    }
    let mut transaction = begin_briefly(pool).await?;
    let mut candidates = Candidates::default();
    candidates.find(&mut transaction, program, places).await?;
    if candidates.are_none() {
        transaction.commit().await?;
        return Ok(nothing);
    }
    if candidates.are_behind() && places.may_queue {
        candidates
            .find_between(&mut transaction, program, places)
            .await?;
    }
    make_due(&mut transaction, &candidates.lost).await?;
    let heads = &candidates.heads;
    let mut is_stuck = candidates.are_behind();
    // Not beside heads, which must not wait for the queue of another customer.
    if is_stuck && places.may_queue {
        is_stuck = queue(&mut transaction, program, &candidates.before).await? > 0;
    }
    let mut rows = self::lease(&mut transaction, program, heads, owner, lease).await?;
    for row in &mut rows {
        row.is_abandoned = candidates.abandoned.contains(&row.id);
    }
    // The newest rows were looked for first.
    rows.sort_unstable_by_key(|row| row.id);
    // Asked after the lease: receipts may have been deleted until then.
    let pruned = pause::look(&mut *transaction, program).await?.pruned;
    transaction.commit().await?;
    Ok(Claim::Open {
        now: gate.now,
        pruned,
        more: !candidates.lost.is_empty() || !(rows.is_empty() || candidates.are_all),
        rows,
        is_stuck,
    })
}

/// Whether there is a row for one of the places.
async fn is_any_due(pool: &Pool, program: &str, places: Places) -> Result<bool, OutboxError> {
    let query = sqlx::query(ANY_DUE.as_str()).bind(program);
    let due = query.fetch_one(pool).await?;
    let (fresh, repeated): (Option<i32>, Option<i32>) = (due.try_get(0)?, due.try_get(1)?);
    Ok((fresh.is_some() && places.fresh > 0) || (repeated.is_some() && places.repeated > 0))
}

/// The due rows that one transaction of a claim has found.
#[derive(Default)]
struct Candidates {
    /// Those that may be leased, as many as there are places.
    heads: Vec<i64>,
    /// Of all that were found, those whose last lease has run out.
    abandoned: HashSet<i64>,
    /// The rows behind which the others stand.
    before: HashSet<i64>,
    /// Queued rows that nothing has made due, because their head was deleted by hand.
    lost: Vec<i64>,
    /// There are no others.
    are_all: bool,
}

impl Candidates {
    async fn find(
        &mut self,
        connection: &mut Connection,
        program: &str,
        places: Places,
    ) -> Result<(), OutboxError> {
        self.are_all = true;
        for (kind, most) in places.kinds() {
            let most = most.min(places.all - self.heads.len());
            let newest = places.newest(most);
            let parts = match kind {
                Kind::Fresh => vec![(&NEWEST_FRESH, newest), (&OLDEST_FRESH, most - newest)],
                Kind::Repeated => vec![(&OLDEST_REPEATED, most)],
            };
            for (statement, most) in parts {
                if most == 0 {
                    continue;
                }
                let query = sqlx::query(statement.as_str()).bind(program);
                let query = query.bind(i64::try_from(most).unwrap_or(i64::MAX));
                let found = query.fetch_all(&mut *connection).await?;
                self.add(&found)?;
                if found.len() < most {
                    // There are no further rows of this kind for the next part.
                    break;
                }
                self.are_all = false;
            }
        }
        Ok(())
    }

    /// Whether nothing was found.
    fn are_none(&self) -> bool {
        self.heads.is_empty() && self.before.is_empty() && self.lost.is_empty()
    }

    /// Whether all that were found stand behind others.
    fn are_behind(&self) -> bool {
        self.heads.is_empty() && !self.before.is_empty()
    }

    /// Looks for heads by their lanes, one after the other. The oldest rows and the newest ones were
    /// looked at, and may be of two bursts, with other customers' rows between them.
    async fn find_between(
        &mut self,
        connection: &mut Connection,
        program: &str,
        places: Places,
    ) -> Result<(), OutboxError> {
        let most = places.all.min(places.fresh);
        let query = sqlx::query(FRESH_OF_ANY_LANE.as_str()).bind(program);
        let query = query.bind(i64::try_from(most).unwrap_or(i64::MAX));
        self.add(&query.fetch_all(connection).await?)
    }

    fn add(&mut self, found: &[<Database as sqlx::Database>::Row]) -> Result<(), OutboxError> {
        for row in found {
            let (id, oldest): (i64, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
            if row.try_get(2)? {
                self.abandoned.insert(id);
            }
            let oldest = oldest.as_deref().and_then(|oldest| oldest.split_once(' '));
            let oldest = oldest.and_then(|(state, oldest)| Some((state, oldest.parse().ok()?)));
            match oldest.filter(|(_, oldest)| *oldest < id) {
                Some(("live", head)) => {
                    self.before.insert(head);
                }
                Some((_, queued)) => self.lost.push(queued),
                // The newest rows may be the oldest ones as well.
                None if self.heads.contains(&id) => {}
                None => self.heads.push(id),
            }
        }
        Ok(())
    }
}

/// Leases rows that this transaction has locked. A row that cannot be read becomes a dead letter
/// instead: what another driver wrote wrongly must not stop the others.
async fn lease(
    connection: &mut Connection,
    program: &str,
    heads: &[i64],
    owner: &str,
    lease: i64,
) -> Result<Vec<Claimed>, OutboxError> {
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query(LEASE.as_str()).bind(list(heads)?);
    let query = query.bind(owner).bind(lease);
    let leased = query.fetch_all(&mut *connection).await?;
    let mut rows = Vec::with_capacity(leased.len());
    let mut unreadable = Vec::new();
    for row in &leased {
        match read(row) {
            Ok(row) => rows.push(row),
            Err(cause) => {
                let id: i64 = row.try_get(0)?;
                settle::bury(connection, id, owner, &cause).await?;
                unreadable.push(id);
            }
        }
    }
    // These rows are dead now: no friend waits for them any more, and the next report of the same
    // customer is at the head of its lane.
    wake::revive_friends(connection, program, &unreadable).await?;
    wake::promote(connection, &unreadable).await?;
    Ok(rows)
}

/// Leases rows that this transaction has just promoted, each with its own owner, unless an older row
/// of the same lane is live or the fleet pauses.
pub(super) async fn lease_promoted(
    connection: &mut Connection,
    program: &str,
    promoted: &HashMap<i64, NextLease>,
) -> Result<Vec<Next>, OutboxError> {
    if promoted.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = promoted.keys().copied().collect();
    let query = sqlx::query_scalar(FOLLOWERS.as_str()).bind(list(&ids)?);
    let followers: Vec<i64> = query.fetch_all(&mut *connection).await?;
    let mut leased = Vec::with_capacity(followers.len());
    for id in followers {
        // One statement for each row, because each has an owner of its own.
        if let Some(next) = promoted.get(&id) {
            leased.extend(lease(connection, program, &[id], &next.owner, next.lease).await?);
        }
    }
    // Asked after the lease, as in a claim.
    let gate = pause::look(&mut *connection, program).await?;
    let with_gate = |row| Next {
        row,
        now: gate.now,
        pruned: gate.pruned,
    };
    Ok(leased.into_iter().map(with_gate).collect())
}

/// Queues due rows that stand behind these heads. The answer is their number. A head that somebody
/// is just changing is left alone with the rows behind it: it may be leaving its lane. The others
/// are locked, so that who settles them waits for this transaction, and then finds the rows to
/// promote.
async fn queue(
    connection: &mut Connection,
    program: &str,
    heads: &HashSet<i64>,
) -> Result<u64, OutboxError> {
    let heads: Vec<i64> = heads.iter().copied().take(MOST_HEADS).collect();
    let query = sqlx::query_scalar(STILL_HEADS.as_str()).bind(list(&heads)?);
    let heads: Vec<i64> = query.fetch_all(&mut *connection).await?;
    let mut queued = 0;
    // One statement for each lane: PostgreSQL may read all lanes for a statement that joins heads with
    // the rows behind them.
    for head in heads {
        let left = MOST_QUEUED.saturating_sub(queued);
        if left == 0 {
            break;
        }
        let query = sqlx::query(QUEUE.as_str()).bind(program).bind(head);
        let query = query.bind(i64::try_from(left).unwrap_or(0));
        queued += query.execute(&mut *connection).await?.rows_affected();
    }
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
    let number = |index, column: &str, most: i64| -> Result<Option<i64>, String> {
        let unreadable = |_| format!("the column `{column}` holds no number");
        let number: Option<i64> = row.try_get(index).map_err(unreadable)?;
        match number {
            Some(number) if !(0..=most).contains(&number) => Err(format!(
                "the column `{column}` holds {number}, not a number up to {most}"
            )),
            _ => Ok(number),
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
        // `AND_ATTEMPT` adds nothing above this bound.
        attempts: number(5, "attempts", 1_000_000_000)?.unwrap_or_default(),
        created_at: time(6, "created_at")?.unwrap_or_default(),
        sent_at: time(7, "sent_at")?,
        is_abandoned: false,
        // The same bound as of every length of time here, so that no sum overflows.
        failing_ms: number(8, "failing_ms", i64::MAX / 4)?,
    })
}
