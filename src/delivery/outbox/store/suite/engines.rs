//! An empty table in each engine.

#[cfg(feature = "outbox-sqlite")]
use crate::delivery::outbox::store::sqlite;

/// A file of its own, removed with the guard.
#[cfg(feature = "outbox-sqlite")]
pub(super) async fn sqlite() -> (sqlite::Sqlite, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let pool = sqlite::open(&directory.path().join("outbox.db"))
        .await
        .unwrap();
    sqlite::migrate(&pool).await.unwrap();
    (sqlite::Sqlite::new(pool), directory)
}

/// A schema of its own in the database that the environment names; `None`, and a line that says
/// so, if it names none.
#[cfg(feature = "outbox-postgres")]
pub(super) async fn postgres(
    test: &str,
) -> Option<crate::delivery::outbox::store::postgres::Postgres> {
    use std::hash::{BuildHasher, RandomState};
    use std::io::Write;

    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use crate::delivery::outbox::store::postgres::{Postgres, migrate};

    let Ok(url) = std::env::var("TOWER_PARTNERO_TEST_POSTGRES") else {
        // Not by a macro: the test harness would keep it to itself.
        let _ = writeln!(
            std::io::stderr(),
            "left out: {test} on PostgreSQL (TOWER_PARTNERO_TEST_POSTGRES is not set)"
        );
        return None;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let schema = format!("rules_{:x}", RandomState::new().hash_one(test));
    let admin = PgPoolOptions::new()
        .connect_with(options.clone())
        .await
        .unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::raw_sql(create).execute(&admin).await.unwrap();
    admin.close().await;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect_with(options.options([("search_path", schema.as_str())]))
        .await
        .unwrap();
    migrate(&pool).await.unwrap();
    Some(Postgres::new(pool))
}
