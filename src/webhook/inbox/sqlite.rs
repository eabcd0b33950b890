//! The inbox in the app's own SQLite database.
//!
//! # Example
//!
//! ```no_run
//! use sqlx::SqlitePool;
//! use tower_partnero::Event;
//! use tower_partnero::webhook::inbox::sqlite;
//!
//! # async fn reward(_: &mut sqlx::SqliteConnection, _: &Event) -> Result<(), sqlx::Error> { Ok(()) }
//! async fn take(pool: &SqlitePool, event: &Event) -> Result<(), sqlx::Error> {
//!     let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
//!     if sqlite::record(&mut transaction, &event.digest()).await?.is_first() {
//!         reward(&mut transaction, event).await?;
//!     }
//!     transaction.commit().await // digest and effect, both or neither
//! }
//! ```
//!
//! Begin with `BEGIN IMMEDIATE`, so that two deliveries of one event wait for each other instead
//! of failing.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{INSERT, Seen};
use crate::webhook::digest::EventDigest;

/// The table, for the app's own migrations.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS partnero_inbox (
    digest      TEXT    NOT NULL PRIMARY KEY,
    received_at INTEGER NOT NULL DEFAULT (unixepoch())
);
CREATE INDEX IF NOT EXISTS partnero_inbox_received_at ON partnero_inbox (received_at);";

/// Makes the table, if it is not there.
///
/// # Errors
///
/// The database refuses.
pub async fn create_table(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
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
    connection: &mut SqliteConnection,
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
pub async fn prune(connection: &mut SqliteConnection, age: Duration) -> Result<u64, sqlx::Error> {
    let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
    let query = sqlx::query("DELETE FROM partnero_inbox WHERE received_at < unixepoch() - $1");
    let done = query.bind(seconds).execute(connection).await?;
    Ok(done.rows_affected())
}
