//! SQLite. Only one connection writes at a time. Every transaction here begins with `BEGIN
//! IMMEDIATE`, because a transaction that reads first and writes later fails if another connection has
//! written in between.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::transaction::Engine;

const SCHEMA: &str = include_str!("../schema/sqlite.sql");
const SCHEMA_NAME: &str = "Outbox::SCHEMA_SQLITE";

type Database = sqlx::Sqlite;
type Connection = SqliteConnection;
type Pool = SqlitePool;

const ENGINE: Engine = Engine::Sqlite;
const BEGIN: &str = "BEGIN IMMEDIATE";
/// The connection's own `busy_timeout` says how long it waits for another writer.
const BEGIN_BRIEFLY: &str = BEGIN;
/// Before statements that only look for rows. The file is not locked.
const BEGIN_LOOKING: &str = "BEGIN";
/// Whether a transaction that writes keeps all others from writing.
const LOCKS_ALL: bool = true;
/// There is one lock for the whole file, and `BEGIN IMMEDIATE` has taken it.
const LOCK_MIGRATIONS: &str = "SELECT 1";
/// Words by which PostgreSQL locks rows. Here the whole file is locked.
const FOR_SHARE: &str = "";
const FOR_SHARE_SKIP_LOCKED: &str = "";
const FOR_UPDATE: &str = "";
const FOR_UPDATE_SKIP_LOCKED: &str = "";
/// What the database has of the tables, in the words of `schema::facts`.
const FACTS: &str = "WITH made(name) AS (SELECT name FROM sqlite_schema WHERE type = 'table' \
     AND name IN ('partnero_outbox', 'partnero_outbox_gate', 'partnero_outbox_migrations')) \
     SELECT 'table ' || name FROM made \
     UNION ALL SELECT 'column ' || made.name || '.' || c.name || ' of type ' || lower(c.type) \
     FROM made JOIN pragma_table_info(made.name) c \
     UNION ALL SELECT 'NULL allowed in ' || made.name || '.' || c.name \
     FROM made JOIN pragma_table_info(made.name) c WHERE c.\"notnull\" = 0 \
     UNION ALL SELECT 'a default of ' || made.name || '.' || c.name \
     FROM made JOIN pragma_table_info(made.name) c \
     WHERE c.dflt_value IS NOT NULL OR (c.pk = 1 AND upper(c.type) = 'INTEGER') \
     UNION ALL SELECT 'a unique key of ' || made.name || ' (' || (SELECT group_concat(name, ', ') \
     FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY name)) || ')' \
     FROM made JOIN pragma_index_list(made.name) i WHERE i.\"unique\" = 1 AND i.partial = 0 \
     UNION ALL SELECT 'index ' || i.name FROM made JOIN pragma_index_list(made.name) i \
     UNION ALL SELECT 'trigger ' || name FROM sqlite_schema WHERE type = 'trigger'";
const NOW: &str = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)";
/// `id {LISTED}`: the id is in the JSON array that is the first argument.
const LISTED: &str = "IN (SELECT value FROM json_each($1))";
const AWAITED: &str = "json_each($1) AS awaited";
/// The objects in the JSON array that is the first argument.
const ARRIVED: &str = "(SELECT value ->> 'id' AS id, value ->> 'owner' AS owner, \
     value ->> 'outcome' AS outcome FROM json_each($1)) AS arrived";

/// Words for PostgreSQL's planner. Here the rows are found by the ids of these objects as it is.
const ONLY_ARRIVED: &str = "";

/// The rows behind an id, in an index of program and id.
const AFTER: &str = "id > $2";

fn is_one_of(rows: &str) -> String {
    format!("id IN ({rows})")
}

#[cfg_attr(
    all(feature = "outbox-sqlite", feature = "outbox-postgres"),
    expect(clippy::duplicate_mod, reason = "once for each engine")
)]
#[path = "sql/mod.rs"]
mod sql;

pub(crate) use self::sql::*;

/// Opens a file of the outbox's own, and makes it if it does not exist.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, OutboxError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    // One writes; the others read meanwhile.
    let pool = SqlitePoolOptions::new().max_connections(4);
    Ok(pool.connect_with(options).await?)
}

/// Warns if the app's own file may forget a commit when the power fails, or if a writer keeps
/// readers out of it. The settings are the app's, so they are not changed.
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
                "nobody can read the outbox's database while a worker writes to it: set its pool's \
                 `SqliteConnectOptions::journal_mode` to `SqliteJournalMode::Wal`"
            );
        }
        if synchronous < 2 {
            tracing::warn!(
                synchronous,
                "the outbox's database may forget its last commits when the power fails: set \
                 `synchronous` to FULL"
            );
        }
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (journal, synchronous);
    Ok(())
}
