//! The table in a database. This module is compiled once for each engine: the module around it
//! (`sqlite.rs` or `postgres.rs`) names sqlx's types and the words in which the two dialects differ.

/// Statements, each beside the function that runs it. A name in braces is one of the dialect's
/// words, or one of the arguments behind the text.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:literal $(, $word:ident = $value:expr)*;)+) => {
        $(
            $(#[$doc])*
            static $name: std::sync::LazyLock<String> =
                std::sync::LazyLock::new(|| format!($text $(, $word = $value)*));
        )+
    };
}

mod operate;
mod pause;
mod queue;
mod schema;
mod settle;

use sqlx::Transaction;

pub(crate) use self::operate::{dead, discard, prune, replay, status};
pub(crate) use self::pause::{defer_probe, open_gate, passage, resume, shut_gate, take_probe};
#[cfg(test)]
pub(crate) use self::queue::heads;
pub(crate) use self::queue::{claim, enqueue};
pub(crate) use self::schema::migrate;
pub(crate) use self::settle::write;
use super::{
    ARRIVED, BEGIN, BEGIN_BRIEFLY, Connection, Database, ENGINE, FOR_SHARE, HAS_HISTORY,
    LOCK_MIGRATIONS, NOW, Pool, SCHEMA, is_one_of,
};
use crate::delivery::outbox::{OutboxError, OutboxErrorKind};
use crate::delivery::report::ReportKind;

/// Begins a transaction that gives up soon if somebody else holds a lock.
async fn begin_briefly(pool: &Pool) -> Result<Transaction<'static, Database>, OutboxError> {
    Ok(pool.begin_with(BEGIN_BRIEFLY).await?)
}

fn kind(name: &str) -> Result<ReportKind, OutboxError> {
    ReportKind::parse(name).ok_or_else(|| {
        let message = format!("the column `kind` holds {name:?}");
        OutboxError::new(OutboxErrorKind::Schema).with_message(message)
    })
}
