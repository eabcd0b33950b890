//! What the owner of a lease writes: the announcement of a send, and what became of it.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::Row;

use super::claim::lease_promoted;
use super::{
    ARRIVED, Connection, Database, FOR_SHARE, LISTED, NOW, Pool, begin_briefly, is_one_of, list,
    text,
};
use crate::client::CustomerRef;
use crate::delivery::deliver::DeadReason;
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::forgotten::NOBODY;
use crate::delivery::outbox::store::{
    Announced, Change, Check, Next, NextLease, Op, Sent, Written,
};

/// The row is still leased to this owner.
const OURS: &str = "WHERE id = $1 AND owner = $2 AND state = 'leased'";

statements! {
    CUSTOMER = "SELECT id, state, outcome FROM partnero_outbox \
        WHERE program = $1 AND kind = 'customer' AND key = $2";
    // A dead sale holds its refund: if the sale did not arrive, there is nothing to refund yet.
    PENDING_SALE = "SELECT id FROM partnero_outbox \
        WHERE program = $1 AND kind = 'transaction' AND key = $2 AND state <> 'done'";
    // Without $4, not a younger sign-up that waits for an older one.
    REFERRER_BY_ID = "SELECT id FROM partnero_outbox WHERE program = $1 AND kind = 'customer' \
        AND key = $2 AND state IN ('due', 'leased', 'held') AND id <> $3 \
        AND ($4 OR state <> 'held' OR id < $3)";
    REFERRER_BY_KEY = "SELECT id FROM partnero_outbox WHERE program = $1 AND public_key = $2 \
        AND kind = 'customer' AND state IN ('due', 'leased', 'held') AND id <> $3 \
        AND ($4 OR state <> 'held' OR id < $3) ORDER BY id LIMIT 1";
    STILL_PENDING = "SELECT id FROM partnero_outbox \
        WHERE id = $1 AND state <> 'done' AND (state <> 'dead' OR $2){FOR_SHARE}";
    HOLD = "UPDATE partnero_outbox SET state = 'held', owner = NULL, waits_for = $3 {OURS}";
    ANNOUNCE = "UPDATE partnero_outbox SET sent_at = CASE WHEN $3 THEN {NOW} ELSE sent_at END \
        {OURS} AND due_at > {NOW} AND NOT EXISTS (SELECT 1 FROM partnero_outbox_gate gate \
        WHERE gate.program = partnero_outbox.program AND closed_at IS NOT NULL)";
    // The receipt keeps `key` and `customer`, so that the same key is not paid twice, and no other
    // personal data.
    DONE = "UPDATE partnero_outbox SET state = 'done', owner = NULL, outcome = arrived.outcome, \
        settled_at = {NOW}, payload = NULL, public_key = NULL, last_answer = NULL FROM {ARRIVED} \
        WHERE partnero_outbox.id = arrived.id AND partnero_outbox.owner = arrived.owner \
        AND state = 'leased' \
        RETURNING partnero_outbox.id, partnero_outbox.customer";
    RETRY = "UPDATE partnero_outbox SET state = 'due', owner = NULL, attempts = attempts + 1, \
        due_at = $3 + {NOW}, tried_at = {NOW}, sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END, \
        failing_ms = $6, last_answer = $7 {OURS}";
    DEAD = "UPDATE partnero_outbox SET state = 'dead', owner = NULL, \
        attempts = attempts + CASE WHEN attempts < 1000000000 THEN 1 ELSE 0 END, \
        settled_at = {NOW}, outcome = $3, sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END, \
        last_answer = $6 {OURS}";
    RELEASE = "UPDATE partnero_outbox SET state = 'due', owner = NULL, due_at = $3 + {NOW}, \
        sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END {OURS}";
    REVIVE = "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = {NOW} \
        WHERE state = 'held' AND program = $2 AND waits_for {LISTED}";
    REVIVE_FRIENDS = "UPDATE partnero_outbox SET state = 'due', waits_for = NULL, due_at = {NOW} \
        WHERE state = 'held' AND kind = 'customer' AND program = $2 AND waits_for {LISTED} \
        AND (SELECT kind FROM partnero_outbox w WHERE w.id = partnero_outbox.waits_for) <> 'deletion'";
    // The key of a deletion is the customer's identifier.
    EMPTY_DELETION = "UPDATE partnero_outbox SET customer = '{NOBODY}', key = '{NOBODY} ' || id \
        WHERE id {LISTED} AND kind = 'deletion'";
    PROMOTE = "UPDATE partnero_outbox SET state = 'due', due_at = {NOW} \
        WHERE state = 'queued' AND {is_oldest} RETURNING id, customer",
        is_oldest = is_one_of(&format!("SELECT (SELECT MIN(q.id) FROM partnero_outbox q \
            WHERE q.program = gone.program AND q.customer = gone.customer AND q.state = 'queued') \
            FROM partnero_outbox gone WHERE gone.id {LISTED}"));
}

/// A row that has arrived. Statements that take many of them read them from one JSON text.
#[derive(Serialize)]
struct Arrived<'a> {
    id: i64,
    owner: &'a str,
    outcome: &'a str,
}

pub(crate) async fn write(
    pool: &Pool,
    program: &str,
    changes: &[Change],
) -> Result<Vec<Written>, OutboxError> {
    let mut transaction = begin_briefly(pool).await?;
    // First, because an announcement in the same batch may wait for one of these rows.
    let done = settle_done(&mut transaction, changes).await?;
    let mut gone: Vec<i64> = done.keys().map(|(id, _)| *id).collect();
    let mut dead = Vec::new();
    let mut written = Vec::with_capacity(changes.len());
    for Change { owner, op } in changes {
        written.push(match op {
            Op::Done { id, .. } => Written::Settled(done.contains_key(&(*id, &**owner))),
            op => apply(&mut transaction, program, owner, op).await?,
        });
        // A held row is not at the head of its lane any more, so the row behind it must be promoted
        // as well.
        let is_gone = match (op, written.last()) {
            (Op::Announce { .. }, Some(Written::Announced(Announced::Held))) => true,
            (Op::Dead { .. }, Some(Written::Settled(was_ours))) => *was_ours,
            _ => false,
        };
        if is_gone {
            gone.push(op.id());
        }
        if is_gone && matches!(op, Op::Dead { .. }) {
            dead.push(op.id());
        }
    }
    let arrived: Vec<i64> = done.keys().map(|(id, _)| *id).collect();
    // From here on the order counts: each of these statements looks for rows that wait for what was
    // written above.
    revive(&mut transaction, program, &arrived).await?;
    revive_friends(&mut transaction, program, &dead).await?;
    let promoted = promote(&mut transaction, &gone).await?;
    let followed = follow(&mut transaction, program, changes, &done, promoted).await?;
    let deletions = changes.iter().filter_map(|Change { owner, op }| match op {
        Op::Done {
            id,
            is_deletion: true,
            ..
        } if done.contains_key(&(*id, &**owner)) => Some(*id),
        _ => None,
    });
    // After all that finds the next row by this one's customer.
    empty_deletions(&mut transaction, &deletions.collect::<Vec<_>>()).await?;
    transaction.commit().await?;
    for (at, next) in followed {
        written[at] = Written::Followed(Box::new(next));
    }
    Ok(written)
}

/// A row that was delivered and still ours, by its id and owner, and its customer.
type Done<'a> = HashMap<(i64, &'a str), String>;

/// Leases the rows that are the next ones of their customers, where a change asks for that. The
/// answer names the place of the change.
async fn follow(
    connection: &mut Connection,
    program: &str,
    changes: &[Change],
    done: &Done<'_>,
    promoted: Vec<(i64, String)>,
) -> Result<Vec<(usize, Next)>, OutboxError> {
    let mut places: HashMap<&str, (usize, &NextLease)> = HashMap::new();
    for (at, Change { owner, op }) in changes.iter().enumerate() {
        if let Op::Done { id, next, .. } = op
            && let (Some(next), Some(customer)) = (next, done.get(&(*id, &**owner)))
        {
            places.insert(customer, (at, next));
        }
    }
    let wanted = promoted.into_iter().filter_map(|(id, customer)| {
        let (_, next) = places.get(&*customer)?;
        Some((id, (*next).clone()))
    });
    let leased = lease_promoted(connection, program, &wanted.collect()).await?;
    let with_place = |next: Next| Some((places.get(&*next.row.customer)?.0, next));
    Ok(leased.into_iter().filter_map(with_place).collect())
}

/// Settles all delivered rows at once. Returns those that were still ours.
async fn settle_done<'a>(
    connection: &mut Connection,
    changes: &'a [Change],
) -> Result<Done<'a>, OutboxError> {
    let arrived = changes.iter().filter_map(|change| match &change.op {
        Op::Done { id, outcome, .. } => Some(Arrived {
            id: *id,
            owner: &change.owner,
            outcome,
        }),
        _ => None,
    });
    let mut left: Vec<Arrived<'_>> = arrived.collect();
    let mut done = Done::new();
    while !left.is_empty() {
        // Two leases of one worker may both report the same row. The statement answers with the id
        // alone, so each lease gets a statement of its own.
        let mut ids = HashSet::new();
        let (rows, others) = left.into_iter().partition(|row| ids.insert(row.id));
        let rows: Vec<Arrived<'_>> = rows;
        let query = sqlx::query(DONE.as_str()).bind(list(&rows)?);
        let settled = query.fetch_all(&mut *connection).await?;
        let mut settled: HashMap<i64, String> = customers(&settled)?.into_iter().collect();
        for row in &rows {
            if let Some(customer) = settled.remove(&row.id) {
                done.insert((row.id, row.owner), customer);
            }
        }
        left = others;
    }
    Ok(done)
}

async fn apply(
    connection: &mut Connection,
    program: &str,
    owner: &str,
    op: &Op,
) -> Result<Written, OutboxError> {
    let id = op.id();
    let query = match op {
        Op::Announce { check, once, .. } => {
            let announced = announce(connection, program, owner, id, check, *once).await?;
            return Ok(Written::Announced(announced));
        }
        Op::Done { .. } => return Ok(Written::Settled(false)),
        Op::Retry {
            after,
            sent,
            failing,
            answer,
            ..
        } => {
            let (keep, sent_at) = parts(*sent);
            let query = sqlx::query(RETRY.as_str()).bind(id).bind(owner).bind(after);
            query.bind(keep).bind(sent_at).bind(failing).bind(answer)
        }
        Op::Dead {
            reason,
            sent,
            answer,
            ..
        } => {
            let (keep, sent_at) = parts(*sent);
            let query = sqlx::query(DEAD.as_str())
                .bind(id)
                .bind(owner)
                .bind(*reason);
            query.bind(keep).bind(sent_at).bind(answer)
        }
        Op::Release { after, sent, .. } => {
            let (keep, sent_at) = parts(*sent);
            let query = sqlx::query(RELEASE.as_str())
                .bind(id)
                .bind(owner)
                .bind(after);
            query.bind(keep).bind(sent_at)
        }
    };
    let was_ours = query.execute(connection).await?.rows_affected() > 0;
    Ok(Written::Settled(was_ours))
}

/// Whether the row keeps its `sent_at`, and else which one it gets.
fn parts(sent: Sent) -> (bool, Option<i64>) {
    match sent {
        Sent::Keep => (true, None),
        Sent::Restore(sent_at) => (false, sent_at),
    }
}

/// Turns a row that was claimed and cannot be read into a dead letter.
pub(super) async fn bury(
    connection: &mut Connection,
    id: i64,
    owner: &str,
    cause: &str,
) -> Result<(), OutboxError> {
    let reason = DeadReason::Unreadable.as_str();
    let (keep, sent_at) = parts(Sent::Keep);
    let query = sqlx::query(DEAD.as_str()).bind(id).bind(owner).bind(reason);
    let query = query.bind(keep).bind(sent_at).bind(cause);
    query.execute(connection).await?;
    Ok(())
}

async fn announce(
    connection: &mut Connection,
    program: &str,
    owner: &str,
    id: i64,
    check: &Check,
    once: bool,
) -> Result<Announced, OutboxError> {
    let seen = loop {
        let seen = look(connection, program, id, check).await?;
        let Some(blocker) = seen.blocker else {
            break seen;
        };
        // Locks the row to wait for. If a worker is settling it right now, this waits until that is
        // done, and then the row is pending no more and is looked for again.
        let query = sqlx::query_scalar(STILL_PENDING.as_str()).bind(blocker);
        // A dead sign-up goes on holding the customer's own sales, but no friends.
        let query = query.bind(!matches!(check, Check::Referrer(_)));
        let still: Option<i64> = query.fetch_optional(&mut *connection).await?;
        if still.is_some() {
            let query = sqlx::query(HOLD.as_str())
                .bind(id)
                .bind(owner)
                .bind(blocker);
            let was_ours = query.execute(connection).await?.rows_affected() > 0;
            return Ok(if was_ours {
                Announced::Held
            } else {
                Announced::Refused
            });
        }
    };
    let query = sqlx::query(ANNOUNCE.as_str())
        .bind(id)
        .bind(owner)
        .bind(once);
    if query.execute(connection).await?.rows_affected() == 0 {
        return Ok(Announced::Refused);
    }
    Ok(Announced::Clear {
        customer_outcome: seen.customer_outcome,
        pending_referrers: seen.pending_referrers,
    })
}

/// What the table says about the rows that must arrive before this one.
#[derive(Default)]
struct Seen {
    /// The row to wait for.
    blocker: Option<i64>,
    customer_outcome: Option<String>,
    pending_referrers: Vec<CustomerRef>,
}

async fn look(
    connection: &mut Connection,
    program: &str,
    id: i64,
    check: &Check,
) -> Result<Seen, OutboxError> {
    let (customer, sale) = match check {
        Check::Referrers { names, is_patient } => {
            let mut seen = Seen::default();
            for referrer in names {
                let pending =
                    pending_referrer(connection, program, id, referrer, *is_patient).await?;
                if pending.is_some() {
                    seen.pending_referrers.push(referrer.clone());
                }
            }
            return Ok(seen);
        }
        Check::Referrer(referrer) => {
            let pending = pending_referrer(connection, program, id, referrer, false).await?;
            return Ok(Seen {
                // A row waits only for an older one, so that no two rows wait for each other.
                blocker: pending.filter(|pending| *pending < id),
                ..Seen::default()
            });
        }
        Check::Nothing => return Ok(Seen::default()),
        Check::Customer(customer) => (customer, None),
        Check::CustomerAndSale { customer, key } => (customer, Some(key)),
    };
    let query = sqlx::query(CUSTOMER.as_str()).bind(program).bind(customer);
    let mut seen = Seen::default();
    if let Some(row) = query.fetch_optional(&mut *connection).await? {
        if row.try_get::<String, _>(1)? != "done" {
            seen.blocker = Some(row.try_get(0)?);
        }
        seen.customer_outcome = row.try_get(2)?;
    }
    if let (None, Some(key)) = (seen.blocker, sale) {
        let query = sqlx::query_scalar(PENDING_SALE.as_str()).bind(program);
        seen.blocker = query.bind(key).fetch_optional(connection).await?;
    }
    Ok(seen)
}

/// The referrer's own sign-up, if it is under way. A public key names only a customer whose app has
/// chosen it: the app's identifiers are no keys.
async fn pending_referrer(
    connection: &mut Connection,
    program: &str,
    id: i64,
    referrer: &CustomerRef,
    is_patient: bool,
) -> Result<Option<i64>, OutboxError> {
    let statement = match referrer.as_key() {
        Some(_) => REFERRER_BY_KEY.as_str(),
        None => REFERRER_BY_ID.as_str(),
    };
    let query = sqlx::query_scalar(statement).bind(program);
    let query = query.bind(referrer.as_str()).bind(id).bind(is_patient);
    if referrer.as_str().is_ascii() {
        return Ok(query.fetch_optional(connection).await?);
    }
    // The database's encoding may not have these letters. Then no row can hold them either, but on
    // PostgreSQL the error would end the whole transaction.
    let mut savepoint = sqlx::Connection::begin(connection).await?;
    let pending = query.fetch_optional(&mut *savepoint).await;
    match pending {
        Ok(pending) => {
            savepoint.commit().await?;
            Ok(pending)
        }
        // `untranslatable_character` (PostgreSQL, appendix A).
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("22P05") => {
            savepoint.rollback().await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes the rows due that waited for these. It must come after all other changes of its
/// transaction: a hold that runs at the same time locks the row that it waits for, and so is seen
/// here.
pub(super) async fn revive(
    connection: &mut Connection,
    program: &str,
    arrived: &[i64],
) -> Result<(), OutboxError> {
    if arrived.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(REVIVE.as_str())
        .bind(list(arrived)?)
        .bind(program);
    query.execute(connection).await?;
    Ok(())
}

/// Makes the sign-ups due that waited for these, which are dead now: a referrer who may never arrive
/// holds no friends. Sales go on waiting for their customer, and a new sign-up for the deletion of who
/// had its identifier. It must come after all other changes,
/// as [`revive`].
pub(super) async fn revive_friends(
    connection: &mut Connection,
    program: &str,
    dead: &[i64],
) -> Result<(), OutboxError> {
    if dead.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(REVIVE_FRIENDS.as_str())
        .bind(list(dead)?)
        .bind(program);
    query.execute(connection).await?;
    Ok(())
}

/// Makes the oldest queued row due in each lane that one of these rows has left. It must come after
/// all other changes of its transaction: a claim that queues rows at the same time locks their
/// head, and so they are seen here.
/// The answer is which rows, and of which customers.
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

/// Takes the identifier out of the receipts of deletions among these.
pub(super) async fn empty_deletions(
    connection: &mut Connection,
    ids: &[i64],
) -> Result<(), OutboxError> {
    if ids.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(EMPTY_DELETION.as_str()).bind(list(ids)?);
    query.execute(connection).await?;
    Ok(())
}

/// Ids and customers of rows.
fn customers(
    rows: &[<Database as sqlx::Database>::Row],
) -> Result<Vec<(i64, String)>, OutboxError> {
    let named = |row| Ok((sqlx::Row::try_get(row, 0)?, text(row, 1)?));
    rows.iter().map(named).collect()
}
