//! The table itself: made once, and never of a version that nobody here knows.

use super::{BEGIN, HAS_HISTORY, LOCK_MIGRATIONS, Pool, SCHEMA, queries};
use crate::delivery::outbox::{OutboxError, OutboxErrorKind};

/// The version of the table that this crate works with.
const CURRENT: i64 = 1;

/// Makes the table, or leaves it as it is.
pub(crate) async fn migrate(pool: &Pool) -> Result<(), OutboxError> {
    // Reads alone where there is nothing to do: the app's role need not be the table's owner.
    let found = match sqlx::query_scalar(HAS_HISTORY).fetch_one(pool).await? {
        0_i64 => 0,
        _ => sqlx::query_scalar(queries::VERSION).fetch_one(pool).await?,
    };
    if is_current(found)? {
        return Ok(());
    }
    let mut transaction = pool.begin_with(BEGIN).await?;
    sqlx::query(LOCK_MIGRATIONS)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(queries::CREATE_HISTORY)
        .execute(&mut *transaction)
        .await?;
    let found = sqlx::query_scalar(queries::VERSION)
        .fetch_one(&mut *transaction)
        .await?;
    if !is_current(found)? {
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
        sqlx::query(queries::RECORD_VERSION)
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
