//! What a claim reads does not grow with what is done and dead.
//!
//! `TOWER_PARTNERO_TEST_RECEIPTS=1000000` makes it a million receipts and a tenth of dead rows;
//! otherwise there are fewer, for speed.

use sqlx::Row;

use super::*;

const WAITING: usize = 40;

fn receipts() -> usize {
    let asked = std::env::var("TOWER_PARTNERO_TEST_RECEIPTS").ok();
    asked.map_or(20_000, |asked| asked.parse().unwrap())
}

/// A table of receipts and dead rows as SQL; `series` gives the numbers from 1 in the column `n`.
fn history(series: &str) -> String {
    let dead = "CASE WHEN n % 11 = 0 THEN 'dead' ELSE 'done' END";
    format!(
        "INSERT INTO partnero_outbox (kind, key, customer, state, outcome, settled_at) \
         SELECT 'transaction', 'old-' || n, 'customer-' || n, {dead}, 'recorded', 0 FROM {series}"
    )
}

/// The engine's own account of what a claim reads, a line each, from this column.
async fn explain_claim(store: &Store, how: &str, column: usize) -> Vec<String> {
    macro_rules! explain {
        ($pool:ident, $engine:ident) => {{
            let heads = crate::delivery::outbox::store::$engine::heads("32");
            let explain = sqlx::AssertSqlSafe(format!("{how} {heads}"));
            let plan = sqlx::query(explain).fetch_all($pool).await.unwrap();
            plan.iter().map(|line| line.get(column)).collect()
        }};
    }
    match store {
        Store::Memory(_) => Vec::new(),
        #[cfg(feature = "outbox-sqlite")]
        Store::Sqlite(pool) => explain!(pool, sqlite),
        #[cfg(feature = "outbox-postgres")]
        Store::Postgres(pool) => explain!(pool, postgres),
    }
}

async fn execute(store: &Store, statement: &str) {
    let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(statement));
    match store {
        Store::Memory(_) => {}
        #[cfg(feature = "outbox-sqlite")]
        Store::Sqlite(pool) => drop(statement.execute(pool).await.unwrap()),
        #[cfg(feature = "outbox-postgres")]
        Store::Postgres(pool) => drop(statement.execute(pool).await.unwrap()),
    }
}

async fn wait_in_line(store: &Store) {
    for number in 0..WAITING {
        let key = format!("new-{number}");
        enqueue(store, &[sale(&key, &key)]).await;
    }
}

#[cfg(feature = "outbox-postgres")]
#[tokio::test]
async fn postgres_reads_no_more_pages() {
    let Some(store) = super::engines::postgres("postgres_reads_no_more_pages").await else {
        return;
    };
    wait_in_line(&store).await;
    let before = shared_pages(&store).await;
    let count = receipts() * 11 / 10;
    let series = format!("generate_series(1, {count}) AS n");
    execute(&store, &history(&series)).await;
    execute(&store, "VACUUM ANALYZE partnero_outbox").await;
    let after = shared_pages(&store).await;
    assert!(after <= before, "{after} pages instead of {before}");
}

/// The buffers that the whole plan has touched, from its first line about them.
#[cfg(feature = "outbox-postgres")]
async fn shared_pages(store: &Store) -> usize {
    // The first run may set hint bits and fill caches.
    let explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF)";
    explain_claim(store, explain, 0).await;
    let plan = explain_claim(store, explain, 0).await;
    let buffers = plan.iter().find(|line| line.contains("Buffers: shared"));
    let words = buffers.unwrap().split([' ', '=']);
    words.filter_map(|word| word.parse::<usize>().ok()).sum()
}

#[cfg(feature = "outbox-sqlite")]
fn sqlite_history() -> String {
    let count = receipts() * 11 / 10;
    history(&format!(
        "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         SELECT n FROM numbers)"
    ))
}

#[cfg(all(feature = "outbox-sqlite", target_os = "linux"))]
#[tokio::test]
async fn sqlite_reads_no_more_pages() {
    let (store, directory) = super::engines::sqlite().await;
    wait_in_line(&store).await;
    let file = directory.path().join("outbox.db");
    let before = bytes_read(&file, "claim-before").await;
    execute(&store, &sqlite_history()).await;
    execute(&store, "ANALYZE").await;
    let after = bytes_read(&file, "claim-after").await;
    assert!(after <= before, "{after} bytes instead of {before}");
}

/// What a connection reads for a claim when it has nothing in its cache, by the kernel's own
/// count for its thread, which gets this name.
#[cfg(all(feature = "outbox-sqlite", target_os = "linux"))]
async fn bytes_read(file: &std::path::Path, thread: &'static str) -> usize {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    let options = SqliteConnectOptions::new()
        .filename(file)
        .thread_name(move |_| thread.to_owned());
    let pool = SqlitePoolOptions::new().max_connections(1);
    let store = Store::Sqlite(pool.connect_with(options).await.unwrap());
    // The schema is known, and the pages are forgotten.
    explain_claim(&store, "EXPLAIN QUERY PLAN", 3).await;
    execute(
        &store,
        "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory",
    )
    .await;
    let before = read_by(thread);
    explain_claim(&store, "CREATE TEMP TABLE heads AS", 0).await;
    read_by(thread) - before
}

#[cfg(all(feature = "outbox-sqlite", target_os = "linux"))]
fn read_by(thread: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let mut tasks = tasks.map(|task| task.unwrap().path());
    let is_named = |task: &std::path::PathBuf| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim_end() == thread)
    };
    let task = tasks.find(is_named).unwrap();
    let counts = std::fs::read_to_string(task.join("io")).unwrap();
    let read = counts.lines().find_map(|line| line.strip_prefix("rchar: "));
    read.unwrap().parse().unwrap()
}

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn sqlite_reads_indexes_that_hold_nothing_done_or_dead() {
    let (store, _file) = super::engines::sqlite().await;
    wait_in_line(&store).await;
    execute(&store, &sqlite_history()).await;
    execute(&store, "ANALYZE").await;
    let plan = explain_claim(&store, "EXPLAIN QUERY PLAN", 3).await;
    let reads = plan
        .iter()
        .filter(|line| line.starts_with("SEARCH") || line.starts_with("SCAN"));
    for line in reads.filter(|line| !line.contains("partnero_outbox_gate")) {
        let is_partial = line.contains("INDEX partnero_outbox_next")
            || line.contains("INDEX partnero_outbox_lane");
        assert!(is_partial, "{plan:#?}");
    }
    assert!(
        plan.iter()
            .any(|line| line.contains("partnero_outbox_next")),
        "{plan:#?}"
    );
}
