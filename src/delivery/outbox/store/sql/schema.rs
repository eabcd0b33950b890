//! Makes the table, and refuses one of a newer version.

use super::{BEGIN, HAS_HISTORY, LOCK_MIGRATIONS, NOW, Pool, SCHEMA};
use crate::delivery::outbox::{OutboxError, OutboxErrorKind};

/// The version of the table that this crate works with.
const CURRENT: i64 = 1;

statements! {
    CREATE_HISTORY = "CREATE TABLE IF NOT EXISTS partnero_outbox_migrations \
        (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)";
    VERSION = "SELECT COALESCE(MAX(version), 0) FROM partnero_outbox_migrations";
    RECORD_VERSION = "INSERT INTO partnero_outbox_migrations (version, applied_at) VALUES ($1, {NOW})";
}

/// Makes the table if it does not exist.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), OutboxError> {
    // Where the table exists, this only reads: the app's role need not own the table.
    let found = match sqlx::query_scalar(HAS_HISTORY).fetch_one(pool).await? {
        0_i64 => 0,
        _ => sqlx::query_scalar(VERSION.as_str()).fetch_one(pool).await?,
    };
    if is_current(found)? {
        return Ok(());
    }
    let mut transaction = pool.begin_with(BEGIN).await?;
    sqlx::query(LOCK_MIGRATIONS)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(CREATE_HISTORY.as_str())
        .execute(&mut *transaction)
        .await?;
    let found = sqlx::query_scalar(VERSION.as_str())
        .fetch_one(&mut *transaction)
        .await?;
    if !is_current(found)? {
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
        sqlx::query(RECORD_VERSION.as_str())
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
