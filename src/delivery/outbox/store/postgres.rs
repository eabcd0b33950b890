//! PostgreSQL, for any number of processes. A claim skips rows that another claim has locked. Every
//! transaction here is `READ COMMITTED`, also where the database's default is another level.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};

use crate::delivery::outbox::OutboxError;
use crate::delivery::outbox::transaction::Engine;

/// With its two settings PostgreSQL does not `ANALYZE` a table of few rows by itself. It would then plan the
/// app's statements for few rows, and keep these plans for a minute while the table grows.
const SCHEMA: &str = include_str!("../schema/postgres.sql");
const SCHEMA_NAME: &str = "Outbox::SCHEMA_POSTGRES";

type Database = sqlx::Postgres;
type Connection = PgConnection;
type Pool = PgPool;

/// Sets for this transaction alone:
///
/// - `synchronous_commit` is on. If a crash of the server undid the commit that announces a sale, the
///   sale would be sent twice.
/// - Statements search an index, also while the table is small. PostgreSQL keeps a statement's plan
///   until it knows that the table has grown, which may take a minute, and reading the whole table
///   would be slow by then. A plan that the connection has kept from before stays as it is: few
///   statements also run outside of such a transaction.
/// - A plan is made once for all arguments, and not again for each call.
macro_rules! begin {
    () => {
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
         SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; \
         SELECT set_config('synchronous_commit', 'on', true) \
         WHERE current_setting('synchronous_commit') = 'off'"
    };
}

const ENGINE: Engine = Engine::Postgres;
const BEGIN: &str = begin!();
/// Waits two seconds for a lock. If this process stands still, the server ends the transaction
/// after ten, so that its locks do not stop the fleet.
pub(super) const BEGIN_BRIEFLY: &str = concat!(
    begin!(),
    "; SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"
);
/// Before statements that only look for rows.
const BEGIN_LOOKING: &str = BEGIN_BRIEFLY;
/// Whether a transaction that writes keeps all others from writing: here it locks only the rows that it
/// changes.
const LOCKS_ALL: bool = false;
/// Lets only one of several processes that start at once make the table. The number is our own
/// choice and means nothing.
const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_xact_lock(8107624903571)";
const FOR_SHARE: &str = " FOR SHARE";
const FOR_SHARE_SKIP_LOCKED: &str = " FOR SHARE SKIP LOCKED";
const FOR_UPDATE: &str = " FOR UPDATE";
const FOR_UPDATE_SKIP_LOCKED: &str = " FOR UPDATE OF r SKIP LOCKED";
/// What the database has of the tables, in the words of `schema::facts`.
const FACTS: &str = "WITH made AS (SELECT name, to_regclass(name) AS table_id FROM \
     UNNEST(ARRAY['partnero_outbox', 'partnero_outbox_gate', 'partnero_outbox_migrations']) AS name \
     WHERE to_regclass(name) IS NOT NULL), \
     columns AS (SELECT name || '.' || attname AS name, format_type(atttypid, NULL) AS type, \
     attnotnull, atthasdef OR attidentity <> '' AS has_default \
     FROM made JOIN pg_attribute ON attrelid = table_id WHERE attnum > 0 AND NOT attisdropped), \
     indexes AS (SELECT made.name, indexrelid, indisunique AND indpred IS NULL AS is_unique, \
     (SELECT string_agg(attname, ', ' ORDER BY attname) FROM pg_attribute \
     WHERE attrelid = indrelid AND attnum = ANY(indkey)) AS columns \
     FROM made JOIN pg_index ON indrelid = table_id) \
     SELECT 'table ' || name FROM made \
     UNION ALL SELECT 'column ' || name || ' of type ' || type FROM columns \
     UNION ALL SELECT 'NULL allowed in ' || name FROM columns WHERE NOT attnotnull \
     UNION ALL SELECT 'a default of ' || name FROM columns WHERE has_default \
     UNION ALL SELECT 'a unique key of ' || name || ' (' || columns || ')' FROM indexes \
     WHERE is_unique \
     UNION ALL SELECT 'index ' || relname FROM indexes JOIN pg_class ON oid = indexrelid";
/// Does not change within a statement, so that the planner can use an index with it.
const NOW: &str = "(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::BIGINT";
/// `id {LISTED}`: the id is in the JSON array that is the first argument. An array and not a
/// subquery, so that the planner uses the index even if it expects many ids.
const LISTED: &str = "= ANY(ARRAY(SELECT json_array_elements_text($1::json)::BIGINT))";
/// The ids of that array as rows.
const AWAITED: &str = "json_array_elements_text($1::json) AS awaited(value)";
/// The objects in the JSON array that is the first argument.
const ARRIVED: &str = "json_to_recordset($1::json) AS arrived(id BIGINT, owner TEXT, outcome TEXT)";

/// The ids of these objects once more, as an array: joined with a function alone, the planner may read
/// the whole table.
const ONLY_ARRIVED: &str = " AND partnero_outbox.id = \
     ANY(ARRAY(SELECT (json_array_elements($1::json) ->> 'id')::BIGINT))";

/// The rows behind an id, in an index of program and id. With `id > $2` the planner may read the
/// whole table in the order of its primary key.
const AFTER: &str = "(program, id) > ($1, $2)";

fn is_one_of(rows: &str) -> String {
    format!("id = ANY(ARRAY({rows}))")
}

#[cfg_attr(
    all(feature = "outbox-sqlite", feature = "outbox-postgres"),
    expect(clippy::duplicate_mod, reason = "once for each engine")
)]
#[path = "sql/mod.rs"]
mod sql;

pub(crate) use self::sql::*;

/// Warns if the server may lose what it has committed. The setting is the app's, so it is not
/// changed.
pub(crate) async fn check_settings(pool: &PgPool) -> Result<(), OutboxError> {
    let fsync: String = sqlx::query_scalar("SHOW fsync").fetch_one(pool).await?;
    #[cfg(feature = "tracing")]
    if fsync == "off" {
        tracing::warn!(
            "the outbox's database may forget commits when its machine crashes, and then a sale may \
             be paid twice: set `fsync` to `on`"
        );
    }
    #[cfg(not(feature = "tracing"))]
    let _ = fsync;
    Ok(())
}

/// Closes the idle connections that lead to a standby. The pool then opens new ones, by a name or a
/// proxy that leads to the new primary by now.
pub(crate) async fn leave_standby(pool: &PgPool, patience: Duration) {
    let mut others = Vec::new();
    while let Some(mut connection) = pool.try_acquire() {
        let query = sqlx::query_scalar("SELECT pg_is_in_recovery()");
        let asked = query.fetch_one(&mut *connection);
        match tokio::time::timeout(patience, asked).await {
            Ok(Ok(false)) => others.push(connection),
            // A connection that fails is of no more use.
            _ => drop(connection.detach()),
        }
    }
}
