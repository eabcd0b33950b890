//! The inbox in the app's own PostgreSQL database.
//!
//! # Example
//!
//! ```no_run
//! use sqlx::PgPool;
//! use tower_partnero::Event;
//! use tower_partnero::webhook::inbox::postgres;
//!
//! # async fn reward(_: &mut sqlx::PgConnection, _: &Event) -> Result<(), sqlx::Error> { Ok(()) }
//! async fn take(pool: &PgPool, event: &Event) -> Result<(), sqlx::Error> {
//!     let mut transaction = pool.begin().await?;
//!     if postgres::record(&mut transaction, &event.digest()).await?.is_first() {
//!         reward(&mut transaction, event).await?;
//!     }
//!     transaction.commit().await // digest and effect, both or neither
//! }
//! ```
//!
//! Two deliveries of one event at the same time wait for each other. At `REPEATABLE READ` and
//! above the second one ends in a serialisation failure (40001) instead of
//! [`Repeated`](super::Seen::Repeated); answered with a 503, it comes again.

use std::time::Duration;

use sqlx::PgConnection;

use super::{INSERT, Seen};
use crate::webhook::digest::EventDigest;

/// The table, for the app's own migrations.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS partnero_inbox (
    digest      TEXT        NOT NULL PRIMARY KEY,
    received_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS partnero_inbox_received_at ON partnero_inbox (received_at);";

/// Makes the table, if it is not there, in the schema that the connection's `search_path` names
/// first. Let one process at a time do it, because PostgreSQL may refuse the second one.
///
/// # Errors
///
/// The database refuses.
pub async fn create_table(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(SCHEMA).execute(connection).await?;
    Ok(())
}

/// Remembers an event in the connection's transaction, if there is one, and says whether it was
/// received before. A repeated event does not break the transaction.
///
/// # Errors
///
/// The database refuses. Answer Partnero with a 503, so that it sends the event again.
pub async fn record(
    connection: &mut PgConnection,
    digest: &EventDigest,
) -> Result<Seen, sqlx::Error> {
    let query = sqlx::query(INSERT).bind(digest.to_string());
    let done = query.execute(connection).await?;
    Ok(Seen::of_rows(done.rows_affected()))
}

/// Forgets events that were received longer ago than `age`, and returns how many. Read the
/// [module docs](super#pruning) first: they say how long an event has to be remembered.
///
/// # Errors
///
/// The database refuses.
pub async fn prune(connection: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    // A thousand years: an interval of PostgreSQL cannot hold much more.
    let seconds = age.as_secs().min(31_557_600_000);
    let query = sqlx::query(
        "DELETE FROM partnero_inbox WHERE received_at < now() - make_interval(secs => $1::float8)",
    );
    let done = query
        .bind(i64::try_from(seconds).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
