//! The table in a database, compiled once for each engine: the module around it names the
//! engine's types, and [`queries`](super::queries) the statements.

use sqlx::{Row, Transaction};

use super::{
    BEGIN, Connection, Database, ENGINE, HAS_HISTORY, LOCK_MIGRATIONS, Pool, SCHEMA, queries,
};
use crate::delivery::outbox::status::{millis, time};
use crate::delivery::outbox::store::{
    Announced, Check, Claim, Claimed, Op, Passage, Store, Which, Written,
};
use crate::delivery::outbox::transaction::{Engine, sealed};
use crate::delivery::outbox::{DeadLetter, Enqueued, INSERT, OutboxError, OutboxErrorKind, Status};
use crate::delivery::report::{NewRow, ReportKind};

/// The version of the table that this crate works with.
const CURRENT: i64 = 1;

#[derive(Clone)]
pub(crate) struct SqlStore {
    pool: Pool,
}

/// Makes the table, or leaves it as it is.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), OutboxError> {
    // Reads alone where there is nothing to do: the app's role need not be the table's owner.
    let found = match sqlx::query_scalar(HAS_HISTORY).fetch_one(pool).await? {
        0_i64 => 0,
        _ => sqlx::query_scalar(queries::VERSION).fetch_one(pool).await?,
    };
    if is_current(found)? {
        return Ok(());
    }
    let mut transaction = pool.begin_with(BEGIN).await?;
    sqlx::query(LOCK_MIGRATIONS)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(queries::CREATE_HISTORY)
        .execute(&mut *transaction)
        .await?;
    let found = sqlx::query_scalar(queries::VERSION)
        .fetch_one(&mut *transaction)
        .await?;
    if !is_current(found)? {
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
        sqlx::query(queries::RECORD_VERSION)
            .bind(CURRENT)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}

fn is_current(found: i64) -> Result<bool, OutboxError> {
    if found > CURRENT {
        let message = format!("the table has version {found}, this crate knows {CURRENT}");
        return Err(OutboxError::new(OutboxErrorKind::Schema).with_message(message));
    }
    Ok(found == CURRENT)
}

/// Writes a row within whatever transaction the connection is in.
async fn enqueue(connection: &mut Connection, row: &NewRow) -> Result<Enqueued, OutboxError> {
    let done = sqlx::query(INSERT)
        .bind(row.kind.as_str())
        .bind(&row.key)
        .bind(&row.customer)
        .bind(&row.public_key)
        .bind(&row.payload)
        .execute(connection)
        .await?;
    Ok(match done.rows_affected() {
        0 => Enqueued::Repeated,
        _ => Enqueued::New,
    })
}

#[cfg(test)]
impl SqlStore {
    /// The engine's own account of what a claim reads, a line each.
    pub(crate) async fn explain_claim(&self, how: &str, column: usize) -> Vec<String> {
        let explain = sqlx::AssertSqlSafe(format!("{how} {}", queries::HEADS));
        let plan = sqlx::query(explain).fetch_all(&self.pool).await.unwrap();
        plan.iter().map(|line| line.get(column)).collect()
    }

    pub(crate) async fn execute(&self, statement: String) {
        let statement = sqlx::AssertSqlSafe(statement);
        sqlx::raw_sql(statement).execute(&self.pool).await.unwrap();
    }
}

impl SqlStore {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    async fn begin(&self) -> Result<Transaction<'static, Database>, OutboxError> {
        Ok(self.pool.begin_with(BEGIN).await?)
    }
}

impl Store for SqlStore {
    async fn enqueue(&self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        let mut transaction = self.begin().await?;
        let enqueued = enqueue(&mut transaction, row).await?;
        transaction.commit().await?;
        Ok(enqueued)
    }

    async fn claim(&self, owner: &str, lease: i64, limit: i64) -> Result<Claim, OutboxError> {
        let gate = sqlx::query(queries::GATE).fetch_one(&self.pool).await?;
        let now: i64 = gate.try_get(4)?;
        let pruned = gate.try_get::<Option<i64>, _>(3)?.is_some();
        if gate.try_get::<Option<i64>, _>(0)?.is_some() {
            let probe_at: Option<i64> = gate.try_get(1)?;
            let not_before: i64 = gate.try_get(2)?;
            let probe_in = (probe_at.unwrap_or(now).max(not_before) - now).max(0);
            return Ok(Claim::Shut { probe_in });
        }
        let mut rows = Vec::new();
        // An idle worker takes no writer's lock.
        let ready: i64 = sqlx::query_scalar(queries::ANY_READY)
            .fetch_one(&self.pool)
            .await?;
        if ready > 0 {
            let mut transaction = self.begin().await?;
            let claimed = sqlx::query(queries::CLAIM)
                .bind(owner)
                .bind(lease)
                .bind(limit)
                .fetch_all(&mut *transaction)
                .await?;
            transaction.commit().await?;
            for row in &claimed {
                rows.push(Claimed {
                    id: row.try_get(0)?,
                    kind: kind(row.try_get(1)?)?,
                    key: row.try_get(2)?,
                    customer: row.try_get(3)?,
                    payload: row.try_get(4)?,
                    attempts: row.try_get(5)?,
                    created_at: row.try_get(6)?,
                    sent_at: row.try_get(7)?,
                    tried_at: row.try_get(8)?,
                    failing_ms: row.try_get(9)?,
                });
            }
            rows.sort_unstable_by_key(|row| row.id);
        }
        Ok(Claim::Open { now, pruned, rows })
    }

    async fn write(&self, owner: &str, ops: &[Op]) -> Result<Vec<Written>, OutboxError> {
        let mut transaction = self.begin().await?;
        let mut written = Vec::with_capacity(ops.len());
        for op in ops {
            written.push(apply(&mut transaction, owner, op).await?);
        }
        let settled = ops.iter().zip(&written);
        let done = settled.filter(|(op, written)| {
            matches!(op, Op::Done { .. }) && **written == Written::Settled(true)
        });
        let done: Vec<i64> = done.map(|(op, _)| op.id()).collect();
        revive(&mut transaction, &done).await?;
        transaction.commit().await?;
        Ok(written)
    }

    async fn passage(&self) -> Result<Passage, OutboxError> {
        let gate = sqlx::query(queries::GATE).fetch_one(&self.pool).await?;
        let closed_at: Option<i64> = gate.try_get(0)?;
        let (not_before, now): (i64, i64) = (gate.try_get(2)?, gate.try_get(4)?);
        Ok(match closed_at {
            None => Passage::Open,
            Some(_) => Passage::shut_for(not_before - now),
        })
    }

    async fn shut_gate(&self, reason: &str, wait: i64) -> Result<(), OutboxError> {
        let query = sqlx::query(queries::SHUT_GATE).bind(reason).bind(wait);
        query.execute(&self.pool).await?;
        Ok(())
    }

    async fn take_probe(&self, hold: i64) -> Result<Option<i64>, OutboxError> {
        let query = sqlx::query_scalar(queries::TAKE_PROBE).bind(hold);
        let probes: Option<i64> = query.fetch_optional(&self.pool).await?;
        Ok(probes.map(|probes| probes - 1))
    }

    async fn defer_probe(&self, wait: i64) -> Result<(), OutboxError> {
        let query = sqlx::query(queries::DEFER_PROBE).bind(wait);
        query.execute(&self.pool).await?;
        Ok(())
    }

    async fn open_gate(&self) -> Result<(), OutboxError> {
        let opened = sqlx::query(queries::OPEN_GATE).execute(&self.pool).await?;
        if opened.rows_affected() == 0 {
            sqlx::query(queries::PROBE_AGAIN)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    async fn status(&self) -> Result<Status, OutboxError> {
        let row = sqlx::query(queries::STATUS).fetch_one(&self.pool).await?;
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

    async fn dead(&self, after: i64, limit: i64) -> Result<Vec<DeadLetter>, OutboxError> {
        let query = sqlx::query(queries::LIST_DEAD).bind(after).bind(limit);
        let rows = query.fetch_all(&self.pool).await?;
        let letters = rows.iter().map(|row| {
            Ok(DeadLetter {
                id: row.try_get(0)?,
                kind: kind(row.try_get(1)?)?,
                key: row.try_get(2)?,
                customer: row.try_get(3)?,
                reason: row.try_get::<Option<String>, _>(4)?.unwrap_or_default(),
                last_answer: row.try_get::<Option<String>, _>(5)?.unwrap_or_default(),
                attempts: row.try_get::<i64, _>(6)?.try_into().unwrap_or(0),
                enqueued_at: time(row.try_get(7)?),
                died_at: time(row.try_get::<Option<i64>, _>(8)?.unwrap_or(0)),
            })
        });
        letters.collect()
    }

    async fn replay(&self, which: Which) -> Result<u64, OutboxError> {
        let query = match which {
            Which::One(id) => sqlx::query(queries::REPLAY).bind(id),
            Which::All => sqlx::query(queries::REPLAY_ALL),
        };
        Ok(query.execute(&self.pool).await?.rows_affected())
    }

    async fn discard(&self, id: i64, reason: &str) -> Result<bool, OutboxError> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query(queries::DISCARD).bind(id).bind(reason);
        let found = query.execute(&mut *transaction).await?.rows_affected() > 0;
        if found {
            revive(&mut transaction, &[id]).await?;
        }
        transaction.commit().await?;
        Ok(found)
    }

    async fn prune(&self, age: i64, limit: i64) -> Result<u64, OutboxError> {
        let mut transaction = self.begin().await?;
        let query = sqlx::query(queries::PRUNE).bind(age).bind(limit);
        let pruned = query.execute(&mut *transaction).await?.rows_affected();
        if pruned > 0 {
            let note = sqlx::query(queries::NOTE_PRUNING);
            note.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(pruned)
    }
}

async fn apply(connection: &mut Connection, owner: &str, op: &Op) -> Result<Written, OutboxError> {
    let id = op.id();
    let query = match op {
        Op::Announce { check, once, .. } => {
            return announce(connection, owner, id, check, *once)
                .await
                .map(Written::Announced);
        }
        Op::Done { outcome, .. } => sqlx::query(queries::DONE)
            .bind(id)
            .bind(owner)
            .bind(*outcome),
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
async fn revive(connection: &mut Connection, done: &[i64]) -> Result<(), OutboxError> {
    if done.is_empty() {
        return Ok(());
    }
    let query = sqlx::query_scalar(queries::ANY_HELD);
    let any: i64 = query.fetch_one(&mut *connection).await?;
    if any == 0 {
        return Ok(());
    }
    for id in done {
        let query = sqlx::query(queries::REVIVE).bind(id);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn announce(
    connection: &mut Connection,
    owner: &str,
    id: i64,
    check: &Check,
    once: bool,
) -> Result<Announced, OutboxError> {
    let seen = loop {
        let seen = look(connection, id, check).await?;
        let Some(blocker) = seen.blocker else {
            break seen;
        };
        let query = sqlx::query_scalar(queries::STILL_PENDING).bind(blocker);
        let still: Option<i64> = query.fetch_optional(&mut *connection).await?;
        if still.is_some() {
            let query = sqlx::query(queries::HOLD)
                .bind(id)
                .bind(owner)
                .bind(blocker);
            let held = query.execute(connection).await?.rows_affected() > 0;
            return Ok(if held {
                Announced::Held
            } else {
                Announced::Refused
            });
        }
    };
    let query = sqlx::query(queries::ANNOUNCE)
        .bind(id)
        .bind(owner)
        .bind(once);
    let ours = query.execute(connection).await?.rows_affected() > 0;
    if !ours {
        return Ok(Announced::Refused);
    }
    Ok(Announced::Clear {
        customer_outcome: seen.customer_outcome,
        referrer_pending: seen.referrer_pending,
    })
}

/// What stands before a row.
#[derive(Default)]
struct Seen {
    blocker: Option<i64>,
    customer_outcome: Option<String>,
    referrer_pending: bool,
}

async fn look(connection: &mut Connection, id: i64, check: &Check) -> Result<Seen, OutboxError> {
    let (customer, sale) = match check {
        Check::Referrer(referrer) => {
            let query = sqlx::query_scalar(queries::PENDING_REFERRER)
                .bind(referrer)
                .bind(id);
            let pending: Option<i64> = query.fetch_one(connection).await?;
            return Ok(Seen {
                // Only what is older is waited for: nobody was referred by somebody younger, and
                // so no two rows wait for each other.
                blocker: pending.filter(|pending| *pending < id),
                referrer_pending: pending.is_some(),
                ..Seen::default()
            });
        }
        Check::Customer(customer) => (customer, None),
        Check::CustomerAndSale { customer, key } => (customer, Some(key)),
    };
    let query = sqlx::query(queries::CUSTOMER).bind(customer);
    let mut seen = Seen::default();
    if let Some(row) = query.fetch_optional(&mut *connection).await? {
        if row.try_get::<String, _>(1)? != "done" {
            seen.blocker = Some(row.try_get(0)?);
        }
        seen.customer_outcome = row.try_get(2)?;
    }
    if let (None, Some(key)) = (seen.blocker, sale) {
        let query = sqlx::query_scalar(queries::PENDING_SALE).bind(key);
        seen.blocker = query.fetch_optional(connection).await?;
    }
    Ok(seen)
}

fn kind(name: &str) -> Result<ReportKind, OutboxError> {
    ReportKind::parse(name).ok_or_else(|| {
        let message = format!("a row is of the unknown kind {name:?}");
        OutboxError::new(OutboxErrorKind::Schema).with_message(message)
    })
}

impl sealed::Write for Connection {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        enqueue(self, row).await
    }
}

impl sealed::Write for Transaction<'_, Database> {
    fn engine(&self) -> Engine {
        ENGINE
    }

    async fn write(&mut self, row: &NewRow) -> Result<Enqueued, OutboxError> {
        enqueue(self, row).await
    }
}
