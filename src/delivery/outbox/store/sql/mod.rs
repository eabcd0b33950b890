//! The table in a database. This module is compiled once for each engine: the module around it
//! (`sqlite.rs` or `postgres.rs`) names sqlx's types and the words in which the two dialects differ.

/// Statements, each beside the function that runs it. A name in braces is one of the dialect's
/// words, or one of the arguments behind the text.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:literal $(, $word:ident = $value:expr)*;)+) => {
        $(
            $(#[$doc])*
            // Static, because sqlx takes only a `&'static str` for a text that nobody else has put
            // together.
            static $name: std::sync::LazyLock<String> =
                std::sync::LazyLock::new(|| format!($text $(, $word = $value)*));
        )+

        /// Each statement with its name, for the test that has its plan explained.
        #[cfg(test)]
        pub(super) fn statements() -> Vec<(&'static str, &'static str)> {
            vec![$((stringify!($name), $name.as_str())),+]
        }
    };
}

mod announce;
mod claim;
mod enqueue;
mod operate;
mod pause;
mod person;
mod repair;
mod schema;
mod settle;
mod wake;

use serde::Serialize;
use sqlx::Transaction;

pub(crate) use self::claim::claim;
pub(crate) use self::enqueue::enqueue;
pub(crate) use self::operate::{dead, discard, hasten, prune, replay, status};
pub(crate) use self::pause::{defer_probe, open_gate, passage, resume, shut_gate, take_probe};
pub(crate) use self::person::{export, forget};
pub(crate) use self::repair::repair;
pub(crate) use self::schema::migrate;
pub(crate) use self::settle::write;
use super::{
    AFTER, ARRIVED, AWAITED, BEGIN, BEGIN_BRIEFLY, BEGIN_LOOKING, Connection, Database, ENGINE,
    FACTS, FOR_SHARE, FOR_SHARE_SKIP_LOCKED, FOR_UPDATE, FOR_UPDATE_SKIP_LOCKED, LISTED,
    LOCK_MIGRATIONS, LOCKS_ALL, NOW, ONLY_ARRIVED, Pool, SCHEMA, SCHEMA_NAME, is_one_of,
};
use crate::delivery::outbox::{OutboxError, OutboxErrorKind};
use crate::delivery::report::ReportKind;

/// The row is still leased to this owner. The state as in [`ITS_STATE`].
const OURS: &str = "WHERE id = $1 AND owner = $2 AND COALESCE(state, '') = 'leased'";

/// The column `state` where rows are found by their ids, so that no index of a state fits. Without
/// statistics PostgreSQL expects few rows in such an index, and would read all of it.
const ITS_STATE: &str = "COALESCE(state, '')";
/// The column `kind` in such a statement, for the same reason.
const ITS_KIND: &str = "COALESCE(kind, '')";

/// The oldest row of a customer in one of these states. In the order of customers, although there is
/// only one: PostgreSQL may otherwise go through its primary key, if it expects to find a row of that
/// customer soon, and read the whole table if there is none.
fn oldest(program: &str, customer: &str, is_in_state: &str) -> String {
    format!(
        "(SELECT o.id FROM partnero_outbox o WHERE o.program = {program} \
         AND o.customer BETWEEN {customer} AND {customer} AND o.state {is_in_state} \
         ORDER BY o.customer, o.id LIMIT 1)"
    )
}

/// The next customer behind this one who has rows in one of these states. Not `MIN(customer)`, for
/// which PostgreSQL may read all rows in these states, if it expects few.
fn next_lane(customer: &str, is_in_state: &str) -> String {
    format!(
        "(SELECT n.customer FROM partnero_outbox n WHERE n.program = $1 \
         AND n.customer > {customer} AND n.state {is_in_state} ORDER BY n.customer LIMIT 1)"
    )
}

/// Begins a transaction that gives up soon if somebody else holds a lock.
async fn begin_briefly(pool: &Pool) -> Result<Transaction<'static, Database>, OutboxError> {
    Ok(pool.begin_with(BEGIN_BRIEFLY).await?)
}

/// A list for a statement that takes it as one JSON text.
fn list<T: Serialize>(items: &[T]) -> Result<String, OutboxError> {
    serde_json::to_string(items)
        .map_err(|error| OutboxError::new(OutboxErrorKind::Database).with_source(error))
}

/// A text column. Another driver may have written bytes that are no UTF-8.
fn text(row: &<Database as sqlx::Database>::Row, index: usize) -> Result<String, OutboxError> {
    let bytes: Option<Vec<u8>> = sqlx::Row::try_get_unchecked(row, index)?;
    let bytes = bytes.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ids and customers of rows.
fn customers(
    rows: &[<Database as sqlx::Database>::Row],
) -> Result<Vec<(i64, String)>, OutboxError> {
    let named = |row| Ok((sqlx::Row::try_get(row, 0)?, text(row, 1)?));
    rows.iter().map(named).collect()
}

fn kind(name: &str) -> Result<ReportKind, OutboxError> {
    ReportKind::parse(name).ok_or_else(|| {
        let message = format!("the column `kind` holds {name:?}");
        OutboxError::new(OutboxErrorKind::Schema).with_message(message)
    })
}

/// Every statement that the app, a worker or an operator runs.
#[cfg(test)]
pub(crate) fn statements() -> Vec<(&'static str, &'static str)> {
    let insert = ("INSERT", crate::delivery::outbox::row::INSERT);
    let rooms = [
        announce::statements(),
        claim::statements(),
        enqueue::statements(),
        repair::statements(),
        settle::statements(),
        wake::statements(),
        pause::statements(),
        person::statements(),
        operate::statements(),
        schema::statements(),
    ];
    [vec![insert], rooms.concat()].concat()
}
