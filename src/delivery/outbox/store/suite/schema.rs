//! The check of tables that a migration of the app's own has made.

use super::foreign::{every_database, execute};
use super::*;
use crate::delivery::outbox::store::Table;
use crate::delivery::outbox::{Outbox, OutboxError, OutboxErrorKind};

every_database! {
    the_public_text_makes_tables_that_fit,
    what_a_migration_left_out_is_named,
    a_missing_index_stops_nobody,
}

const DROP: &str = "DROP TABLE partnero_outbox; DROP TABLE partnero_outbox_gate; \
                    DROP TABLE partnero_outbox_migrations;";

fn schema(store: &Store) -> &'static str {
    match &store.table {
        Table::Memory(_) => panic!("no database"),
        #[cfg(feature = "outbox-sqlite")]
        Table::Sqlite(_) => Outbox::SCHEMA_SQLITE,
        #[cfg(feature = "outbox-postgres")]
        Table::Postgres(_) => Outbox::SCHEMA_POSTGRES,
    }
}

async fn open(store: &Store) -> Result<(), OutboxError> {
    match &store.table {
        Table::Memory(_) => panic!("no database"),
        #[cfg(feature = "outbox-sqlite")]
        Table::Sqlite(pool) => Outbox::sqlite_pool(pool.clone()).await.map(drop),
        #[cfg(feature = "outbox-postgres")]
        Table::Postgres(pool) => Outbox::postgres(pool.clone()).await.map(drop),
    }
}

async fn the_public_text_makes_tables_that_fit(store: Store) {
    execute(&store, DROP).await;
    execute(&store, schema(&store)).await;
    open(&store).await.unwrap();
    // Nothing was made a second time.
    enqueue(&store, &[sale("o-1", "7")]).await;
    open(&store).await.unwrap();
    assert_eq!(keys(&claim(&store).await), ["o-1"]);
}

async fn what_a_migration_left_out_is_named(store: Store) {
    let whole = schema(&store);
    let unique = "    UNIQUE (key, kind, program),\n";
    let due_at = whole.find("    due_at ").unwrap();
    let due_at = &whole[due_at..due_at + whole[due_at..].find("    created_at ").unwrap()];
    let without_default = format!("    due_at {} NOT NULL,\n", first_type(due_at));
    let main = whole.find("CREATE TABLE partnero_outbox_gate").unwrap();
    let history = whole
        .find("CREATE TABLE partnero_outbox_migrations")
        .unwrap();
    for (migration, lacks) in [
        (
            whole.replace("    last_answer TEXT,\n", ""),
            "lacks: column partnero_outbox.last_answer of type text. The",
        ),
        (
            whole.replace("    last_answer TEXT,", "    last_answer VARCHAR(500),"),
            "lacks: column partnero_outbox.last_answer of type text. The",
        ),
        (
            whole.replace("    outcome     TEXT,", "    outcome     TEXT NOT NULL,"),
            "lacks: NULL allowed in partnero_outbox.outcome. The",
        ),
        (
            whole.replace(due_at, &without_default),
            "lacks: a default of partnero_outbox.due_at. The",
        ),
        (
            whole.replace(unique, ""),
            "lacks: a unique key of partnero_outbox (key, kind, program). The",
        ),
        (
            format!("{}{}", &whole[..main], &whole[history..]),
            "lacks: table partnero_outbox_gate. The",
        ),
        (
            whole[..history].to_owned(),
            "lacks: table partnero_outbox_migrations. The",
        ),
        (
            whole.replace("INSERT INTO partnero_outbox_migrations", "-- "),
            "the table `partnero_outbox_migrations` holds no version",
        ),
    ] {
        assert_ne!(migration, whole, "{lacks}");
        execute(&store, &DROP.replace("TABLE", "TABLE IF EXISTS")).await;
        execute(&store, &migration).await;
        let error = open(&store).await.unwrap_err();
        assert_eq!(error.kind(), OutboxErrorKind::Schema);
        let told = error.to_string();
        assert!(told.contains(lacks), "{lacks}: {told}");
        assert!(told.contains("`Outbox::SCHEMA_"), "{told}");
    }
}

fn first_type(column: &str) -> &str {
    column.split_whitespace().nth(1).unwrap()
}

async fn a_missing_index_stops_nobody(store: Store) {
    execute(&store, "DROP INDEX partnero_outbox_receipts").await;
    open(&store).await.unwrap();
}
