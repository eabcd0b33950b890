//! What the owner of a lease writes: above all what became of its row.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::announce::announce;
use super::claim::lease_promoted;
use super::wake::{promote, revive, revive_friends};
use super::{
    ARRIVED, Connection, ITS_KIND, ITS_STATE, LISTED, NOW, ONLY_ARRIVED, OURS, Pool, begin_briefly,
    customers, list,
};
use crate::delivery::deliver::DeadReason;
use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::forgotten::NOBODY;
use crate::delivery::outbox::store::{Announced, Change, Next, NextLease, Op, Sent, Written};

statements! {
    // The receipt keeps `key` and `customer`, so that the same key is not paid twice, and no other
    // personal data.
    DONE = "UPDATE partnero_outbox SET state = 'done', owner = NULL, outcome = arrived.outcome, \
        settled_at = {NOW}, payload = NULL, public_key = NULL, last_answer = NULL FROM {ARRIVED} \
        WHERE partnero_outbox.id = arrived.id AND partnero_outbox.owner = arrived.owner \
        AND {ITS_STATE} = 'leased'{ONLY_ARRIVED} \
        RETURNING partnero_outbox.id, partnero_outbox.customer";
    RETRY = "UPDATE partnero_outbox SET state = 'due', owner = NULL, attempts = attempts + 1, \
        due_at = $3 + {NOW}, sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END, \
        failing_ms = $6, last_answer = $7 {OURS}";
    DEAD = "UPDATE partnero_outbox SET state = 'dead', owner = NULL, \
        attempts = attempts + CASE WHEN attempts < 1000000000 THEN 1 ELSE 0 END, \
        settled_at = {NOW}, outcome = $3, sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END, \
        last_answer = $6 {OURS}";
    RELEASE = "UPDATE partnero_outbox SET state = 'due', owner = NULL, due_at = $3 + {NOW}, \
        sent_at = CASE WHEN $4 THEN sent_at ELSE $5 END {OURS}";
    // The key of a deletion is the customer's identifier.
    EMPTY_DELETION = "UPDATE partnero_outbox SET customer = '{NOBODY}', key = '{NOBODY} ' || id \
        WHERE id {LISTED} AND {ITS_KIND} = 'deletion'";
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
