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

/// In a schema of its own in the database that the environment names.
#[cfg(feature = "outbox-postgres")]
pub(super) async fn postgres(test: &str) -> Store {
    use std::hash::{BuildHasher, RandomState};

    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

    use crate::delivery::outbox::store::postgres::migrate;

    let url = std::env::var("TOWER_PARTNERO_TEST_POSTGRES").unwrap();
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
    Store::new(Table::Postgres(pool))
}
