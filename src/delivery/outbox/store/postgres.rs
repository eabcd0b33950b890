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

const ENGINE: Engine = Engine::Postgres;
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
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

/// Says so where the server is set up to forget a commit when it crashes. It is the app's, so
/// nothing is changed.
pub(crate) async fn check_settings(pool: &PgPool) -> Result<(), OutboxError> {
    let synchronous: String = sqlx::query_scalar("SHOW synchronous_commit")
        .fetch_one(pool)
        .await?;
    #[cfg(feature = "tracing")]
    if synchronous == "off" {
        tracing::warn!(
            "the outbox's database may forget its last commits when it crashes, and a sale be \
             paid twice: set `synchronous_commit` to `on` or `local`"
        );
    }
    #[cfg(not(feature = "tracing"))]
    let _ = synchronous;
    Ok(())
}
