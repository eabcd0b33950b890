//! PostgreSQL: any number of processes. A claim skips what another one has locked, and all
//! transactions are READ COMMITTED, whatever the database's default is.

use sqlx::postgres::{PgConnection, PgPool};

use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::transaction::Engine;

/// The table, as it is made in PostgreSQL.
pub(super) const SCHEMA: &str = include_str!("../schema/postgres.sql");

type Database = sqlx::Postgres;
type Connection = PgConnection;
type Pool = PgPool;

/// A commit that a crash of the server may undo is worse than none: a sale that was announced by
/// it is sent once more. Nothing is changed for the app's own transactions.
macro_rules! begin {
    () => {
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
         SELECT set_config('synchronous_commit', 'on', true) \
         WHERE current_setting('synchronous_commit') = 'off'"
    };
}

const ENGINE: Engine = Engine::Postgres;
const BEGIN: &str = begin!();
/// As a worker begins: it does not wait for a lock that somebody keeps, and when it stands still
/// itself, the server takes its locks away.
const BEGIN_BRIEFLY: &str = concat!(
    begin!(),
    "; SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"
);
/// Two processes that start at once make the table once. The number is arbitrary and ours.
const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_xact_lock(8107624903571)";
const HAS_HISTORY: &str = "SELECT COUNT(to_regclass('partnero_outbox_migrations'))";

macro_rules! now {
    () => {
        // Stable within a statement, so that an index can be searched by it.
        "(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::BIGINT"
    };
}

macro_rules! is_one_of {
    ($($rows:tt)*) => {
        // As an array the inner query runs once, whatever the planner makes of the outer one.
        concat!("id = ANY(ARRAY(", $($rows)*, " FOR UPDATE OF r SKIP LOCKED))")
    };
}

macro_rules! locked {
    ($($query:tt)*) => {
        concat!($($query)*, " FOR SHARE")
    };
}

/// Rows that have arrived, from one JSON text.
macro_rules! arrived {
    () => {
        "json_to_recordset($1::json) AS arrived(id BIGINT, owner TEXT, outcome TEXT)"
    };
}

#[cfg_attr(
    all(feature = "outbox-sqlite", feature = "outbox-postgres"),
    expect(clippy::duplicate_mod, reason = "once for each engine")
)]
#[path = "sql/mod.rs"]
mod sql;

pub(crate) use self::sql::{SqlStore as Postgres, migrate};

/// Says so where the server is set up to lose what it has committed. It is the app's, so nothing is
/// changed.
pub(crate) async fn check_settings(pool: &PgPool) -> Result<(), OutboxError> {
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(pool).await?;
    #[cfg(feature = "tracing")]
    if fsync == "off" {
        tracing::warn!(
            "the outbox's database may forget commits, or all it has, when its machine crashes, and \
             a sale be paid twice: set `fsync` to `on`"
        );
    }
    #[cfg(not(feature = "tracing"))]
    let _ = fsync;
    Ok(())
}
