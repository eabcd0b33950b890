//! An empty table in each engine.

use crate::delivery::outbox::store::{Memory, Store, Table};

pub(super) fn memory() -> Store {
    Store::new(Table::Memory(Memory::default()))
}

/// In a file of its own, which is removed when the guard is dropped.
#[cfg(feature = "outbox-sqlite")]
pub(super) async fn sqlite() -> (Store, tempfile::TempDir) {
    use crate::delivery::outbox::store::sqlite;

    let directory = tempfile::tempdir().unwrap();
    let pool = sqlite::open(&directory.path().join("outbox.db"))
        .await
        .unwrap();
    sqlite::migrate(&pool).await.unwrap();
    (Store::new(Table::Sqlite(pool)), directory)
}

/// In a schema of its own in the database that the environment names. If it names none, this prints
/// a line that says so and returns `None`.
#[cfg(feature = "outbox-postgres")]
pub(super) async fn postgres(test: &str) -> Option<Store> {
    use std::hash::{BuildHasher, RandomState};
    use std::io::Write;

    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use crate::delivery::outbox::store::postgres::migrate;

    let Ok(url) = std::env::var("TOWER_PARTNERO_TEST_POSTGRES") else {
        // `eprintln!` would not do: the test harness hides its text.
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
    Some(Store::new(Table::Postgres(pool)))
}
