//! The app's database, as every process opens it.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tower_partnero::delivery::Outbox;

use crate::Failure;

/// How long a writer waits for the locks of others.
pub(crate) const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);

/// A file, or a URL and a schema, as they stand on a command line.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) place: String,
    pub(crate) schema: String,
}

#[derive(Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    pub(crate) fn sqlite(file: &Path) -> Self {
        Self {
            place: file.display().to_string(),
            schema: String::new(),
        }
    }

    /// A schema of its own in the database that the environment names.
    pub(crate) async fn postgres() -> Result<Option<Self>, Failure> {
        let Ok(place) = std::env::var("TOWER_PARTNERO_TEST_POSTGRES") else {
            return Ok(None);
        };
        let schema = format!("crash_{:x}", RandomState::new().hash_one(0));
        let admin = PgPool::connect(&place).await?;
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&admin).await?;
        Ok(Some(Self { place, schema }))
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.schema.is_empty() {
            "SQLite"
        } else {
            "PostgreSQL"
        }
    }

    pub(crate) async fn open(place: &str, schema: &str) -> Result<(Pool, Outbox), Failure> {
        Self::open_within(place, schema, DATABASE_TIMEOUT).await
    }

    /// Opens the database with a pool in which a caller waits for a connection no longer than this.
    pub(crate) async fn open_within(
        place: &str,
        schema: &str,
        timeout: Duration,
    ) -> Result<(Pool, Outbox), Failure> {
        if schema.is_empty() {
            let options = SqliteConnectOptions::new()
                .filename(place)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(DATABASE_TIMEOUT);
            let pool = SqlitePoolOptions::new().max_connections(2);
            let pool = pool.connect_with(options).await?;
            let outbox = Outbox::sqlite_pool(pool.clone()).await?;
            return Ok((Pool::Sqlite(pool), outbox));
        }
        let options: PgConnectOptions = place.parse()?;
        let options = options.options([("search_path", schema)]);
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(timeout);
        let pool = pool.connect_with(options).await?;
        let outbox = Outbox::postgres(pool.clone()).await?;
        Ok((Pool::Postgres(pool), outbox))
    }
}
