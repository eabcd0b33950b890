//! The app's database in each engine, and its own count of commits.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tower_partnero::delivery::{Outbox, Report};

use crate::Failure;

pub(super) struct Place {
    pub(super) pool: Pool,
    pub(super) outbox: Outbox,
}

/// A database in a file, whose directory is removed with this.
pub(super) struct File {
    log: PathBuf,
    _directory: tempfile::TempDir,
}

pub(super) enum Pool {
    Sqlite(SqlitePool, File),
    Postgres(PgPool),
}

/// The engines to measure.
pub(super) enum Engine {
    Sqlite,
    Postgres(String),
}

pub(super) fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    match std::env::var("TOWER_PARTNERO_TEST_POSTGRES") {
        Ok(url) => engines.push(Engine::Postgres(url)),
        Err(_) => println!("left out: PostgreSQL (TOWER_PARTNERO_TEST_POSTGRES is not set)"),
    }
    engines
}

impl Engine {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// An app's database of its own, with a table of users and an empty outbox.
    pub(super) async fn open(&self) -> Result<Place, Failure> {
        let place = match self {
            Self::Sqlite => sqlite().await?,
            Self::Postgres(url) => postgres(url).await?,
        };
        place
            .execute("CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT NOT NULL)")
            .await?;
        Ok(place)
    }
}

/// Beside the sources, because a temporary directory may be in memory, where a commit is free.
async fn sqlite() -> Result<Place, Failure> {
    let directory = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR"))?;
    let file = directory.path().join("app.db");
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Commits are counted in the log, so nothing may shorten it.
        .pragma("wal_autocheckpoint", "0");
    let pool = SqlitePoolOptions::new().max_connections(4);
    let pool = pool.connect_with(options).await?;
    let outbox = Outbox::sqlite_pool(pool.clone()).await?;
    let file = File {
        log: file.with_extension("db-wal"),
        _directory: directory,
    };
    Ok(Place {
        pool: Pool::Sqlite(pool, file),
        outbox,
    })
}

async fn postgres(url: &str) -> Result<Place, Failure> {
    let options = PgConnectOptions::from_str(url)?;
    let schema = format!("bench_{:x}", RandomState::new().hash_one(0));
    let admin = PgPool::connect_with(options.clone()).await?;
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(&admin).await?;
    let pool = PgPool::connect_with(options.options([("search_path", schema.as_str())])).await?;
    let outbox = Outbox::postgres(pool.clone()).await?;
    Ok(Place {
        pool: Pool::Postgres(pool),
        outbox,
    })
}

impl Place {
    pub(super) async fn execute(&self, statement: &str) -> Result<(), Failure> {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match &self.pool {
            Pool::Sqlite(pool, ..) => sqlx::raw_sql(statement).execute(pool).await.map(drop),
            Pool::Postgres(pool) => sqlx::raw_sql(statement).execute(pool).await.map(drop),
        }?;
        Ok(())
    }

    /// Enqueues reports in one transaction.
    pub(super) async fn enqueue_together<R: Into<Report>>(
        &self,
        reports: impl Iterator<Item = R>,
    ) -> Result<(), Failure> {
        match &self.pool {
            Pool::Sqlite(pool, ..) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                for report in reports {
                    self.outbox.enqueue_in(&mut transaction, report).await?;
                }
                transaction.commit().await?;
            }
            Pool::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                for report in reports {
                    self.outbox.enqueue_in(&mut transaction, report).await?;
                }
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// Empties SQLite's log, so that it holds every commit from now on.
    pub(super) async fn begin_counting(&self) -> Result<i64, Failure> {
        if let Pool::Sqlite(pool, ..) = &self.pool {
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(pool)
                .await?;
        }
        self.commits().await
    }

    /// How many pages were written into SQLite's log so far.
    pub(super) fn pages(&self) -> Result<u32, Failure> {
        match &self.pool {
            Pool::Sqlite(_, file) => Ok(frames(&std::fs::read(&file.log)?)?.count().try_into()?),
            Pool::Postgres(_) => Err("PostgreSQL counts bytes".into()),
        }
    }

    /// How many transactions were committed that wrote something.
    pub(super) async fn commits(&self) -> Result<i64, Failure> {
        match &self.pool {
            Pool::Sqlite(_, file) => {
                let log = std::fs::read(&file.log).unwrap_or_default();
                // A frame that ends a commit says how large the database is.
                let is_last = |frame: &&[u8]| frame[4..8] != [0; 4];
                Ok(frames(&log)?.filter(is_last).count().try_into()?)
            }
            Pool::Postgres(pool) => {
                // PostgreSQL gives an id only to a transaction that writes.
                let next = "SELECT txid_snapshot_xmax(txid_current_snapshot())";
                Ok(sqlx::query_scalar(next).fetch_one(pool).await?)
            }
        }
    }
}

/// The frames of SQLite's log, each of one page
/// (<https://www.sqlite.org/fileformat.html#walformat>).
fn frames(log: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Failure> {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let (header, frames) = log.split_at(HEADER.min(log.len()));
    let page = match header.get(8..12) {
        Some(size) => usize::try_from(u32::from_be_bytes(size.try_into()?))?,
        None => 0,
    };
    Ok(frames.chunks_exact(FRAME_HEADER + page))
}
