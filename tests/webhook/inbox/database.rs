//! An empty table in each database, and what an app does with it.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};
use tempfile::TempDir;
use tower_partnero::webhook::EventDigest;
use tower_partnero::webhook::inbox::{Seen, postgres, sqlite};

use super::engines::End;

#[derive(Clone)]
pub(crate) enum Database {
    Sqlite {
        pool: SqlitePool,
        /// Removed with the last clone.
        _directory: Arc<TempDir>,
    },
    Postgres(PgPool),
}

/// Records each event in one transaction of the app's.
macro_rules! in_transaction {
    ($database:ident, $pool:expr, $begin:literal, $digests:expr, $end:expr) => {{
        let mut transaction = $pool.begin_with($begin).await.unwrap();
        let mut seen = Vec::new();
        for digest in $digests {
            let record = $database::record(&mut transaction, digest);
            seen.push(record.await.unwrap());
        }
        match $end {
            End::Kept => transaction.commit().await.unwrap(),
            End::Failed => transaction.rollback().await.unwrap(),
        }
        seen
    }};
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(directory.path().join("shop.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let database = Self::Sqlite {
            pool,
            _directory: Arc::new(directory),
        };
        database.create_table().await;
        database
    }

    /// In a schema of its own in the database that the environment names.
    #[cfg_attr(
        not(postgres),
        expect(dead_code, reason = "only tests on PostgreSQL call it")
    )]
    pub(crate) async fn postgres(test: &str) -> Self {
        let url = std::env::var("TOWER_PARTNERO_TEST_POSTGRES").unwrap();
        let options: PgConnectOptions = url.parse().unwrap();
        let schema = format!("inbox_{:x}", RandomState::new().hash_one(test));
        let admin = PgPool::connect_with(options.clone()).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&admin).await.unwrap();
        admin.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .connect_with(options.options([("search_path", schema.as_str())]))
            .await
            .unwrap();
        let database = Self::Postgres(pool);
        database.create_table().await;
        database
    }

    pub(crate) async fn create_table(&self) {
        match self {
            Self::Sqlite { pool, .. } => {
                let mut connection = pool.acquire().await.unwrap();
                sqlite::create_table(&mut connection).await.unwrap();
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                postgres::create_table(&mut connection).await.unwrap();
            }
        }
    }

    pub(crate) async fn take(&self, digests: &[EventDigest], end: End) -> Vec<Seen> {
        match self {
            Self::Sqlite { pool, .. } => {
                in_transaction!(sqlite, pool, "BEGIN IMMEDIATE", digests, end)
            }
            Self::Postgres(pool) => in_transaction!(postgres, pool, "BEGIN", digests, end),
        }
    }

    pub(crate) async fn prune(&self, age: Duration) -> u64 {
        match self {
            Self::Sqlite { pool, .. } => {
                let mut connection = pool.acquire().await.unwrap();
                sqlite::prune(&mut connection, age).await.unwrap()
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                postgres::prune(&mut connection, age).await.unwrap()
            }
        }
    }

    /// Lets an event have been received so many seconds earlier.
    pub(crate) async fn make_older(&self, digest: &EventDigest, seconds: u64) {
        let by = |time: String| {
            let set = format!("received_at = received_at - {time}");
            AssertSqlSafe(format!(
                "UPDATE partnero_inbox SET {set} WHERE digest = '{digest}'"
            ))
        };
        let changed = match self {
            Self::Sqlite { pool, .. } => {
                let query = sqlx::query(by(seconds.to_string()));
                query.execute(pool).await.unwrap().rows_affected()
            }
            Self::Postgres(pool) => {
                let query = sqlx::query(by(format!("interval '{seconds} seconds'")));
                query.execute(pool).await.unwrap().rows_affected()
            }
        };
        assert_eq!(changed, 1);
    }
}
