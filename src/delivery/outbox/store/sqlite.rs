//! SQLite: one writer at a time, and every write begins as one (`BEGIN IMMEDIATE`), because a
//! transaction that reads first and writes later may find that somebody else has written.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::transaction::Engine;

/// The table, as it is made in SQLite.
pub(super) const SCHEMA: &str = include_str!("../schema/sqlite.sql");

type Database = sqlx::Sqlite;
type Connection = SqliteConnection;
type Pool = SqlitePool;

const ENGINE: Engine = Engine::Sqlite;
const BEGIN: &str = "BEGIN IMMEDIATE";
/// How long a writer waits for another one is the connection's `busy_timeout`.
const BEGIN_BRIEFLY: &str = BEGIN;
/// The writer's lock is the only one.
const LOCK_MIGRATIONS: &str = "SELECT 1";
const HAS_HISTORY: &str =
    "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'partnero_outbox_migrations'";

macro_rules! now {
    () => {
        "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"
    };
}

macro_rules! is_one_of {
    ($($rows:tt)*) => {
        concat!("id IN (", $($rows)*, ")")
    };
}

macro_rules! locked {
    ($($query:tt)*) => {
        concat!($($query)*)
    };
}

/// Rows that have arrived, from one JSON text.
macro_rules! arrived {
    () => {
        "(SELECT value ->> 'id' AS id, value ->> 'owner' AS owner, value ->> 'outcome' AS outcome \
         FROM json_each($1)) AS arrived"
    };
}

#[cfg_attr(
    all(feature = "outbox-sqlite", feature = "outbox-postgres"),
    expect(clippy::duplicate_mod, reason = "once for each engine")
)]
#[path = "sql/mod.rs"]
mod sql;

pub(crate) use self::sql::{SqlStore as Sqlite, migrate};

/// Opens a file of the outbox's own, made if it is not there.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, OutboxError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    // Readers beside the one writer.
    let pool = SqlitePoolOptions::new().max_connections(4);
    Ok(pool.connect_with(options).await?)
}

/// Says so where the app's own file is set up to forget a commit on a power cut, or to let
/// readers block the writer. It is the app's file, so nothing is changed.
pub(crate) async fn check_settings(pool: &SqlitePool) -> Result<(), OutboxError> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(pool)
        .await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(pool)
        .await?;
    #[cfg(feature = "tracing")]
    {
        if !journal.eq_ignore_ascii_case("wal") {
            tracing::warn!(
                journal_mode = %journal,
                "a worker that writes to the outbox's database keeps readers out: set its pool's \
                 `SqliteConnectOptions::journal_mode` to `SqliteJournalMode::Wal`"
            );
        }
        if synchronous < 2 {
            tracing::warn!(
                synchronous,
                "the outbox's database may forget its last commits when the power fails: \
                 set `synchronous` to FULL"
            );
        }
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (journal, synchronous);
    Ok(())
}
