//! What SQLite plans.

use sqlx::{AssertSqlSafe, Row, SqlitePool};

use super::*;
use crate::delivery::outbox::store::sqlite::statements;

fn pool(store: &Store) -> &SqlitePool {
    match &store.table {
        Table::Sqlite(pool) => pool,
        _ => panic!("another engine"),
    }
}

async fn execute(store: &Store, statement: &str) {
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    statement.execute(pool(store)).await.unwrap();
}

async fn add_history(store: &Store) {
    let count = receipts() * 11 / 10;
    let series = format!(
        "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers \
         WHERE n < {count}) SELECT n FROM numbers)"
    );
    execute(store, &history(&series)).await;
}

/// `SEARCH r USING COVERING INDEX partnero_outbox_fresh (program=? AND due_at<?)`
fn reads_little(line: &str, is_narrow: IsNarrow) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let is_of_rows = |name| ["partnero_outbox", "r", "n", "o", "h", "w", "gone"].contains(&name);
    let is_read = ["SCAN", "SEARCH"].contains(&words[0]) && is_of_rows(words[1]);
    let index = words.iter().skip_while(|word| **word != "USING");
    let mut index = index.filter(|word| !["USING", "COVERING", "INDEX", "INTEGER"].contains(word));
    let condition = line.find('(').map_or("", |at| &line[at..]);
    !is_read
        || index
            .next()
            .is_some_and(|index| is_narrow(index, condition))
}

#[test]
fn a_scan_is_told_from_a_search() {
    for line in [
        "SCAN partnero_outbox",
        "SCAN r USING INDEX sqlite_autoindex_partnero_outbox_1",
        "SEARCH partnero_outbox USING INDEX sqlite_autoindex_partnero_outbox_1 (kind=? AND program=?)",
    ] {
        assert!(!reads_little(line, is_narrow), "{line}");
    }
    for line in [
        "SCAN arrived",
        "SCAN partnero_outbox USING COVERING INDEX partnero_outbox_dead",
        "SEARCH partnero_outbox USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH partnero_outbox_gate USING INDEX sqlite_autoindex_partnero_outbox_gate_1 (program=?)",
    ] {
        assert!(reads_little(line, is_narrow), "{line}");
    }
}

async fn assert_every_statement_searches(store: &Store, is_narrow_enough: IsNarrow) {
    for (name, text) in statements() {
        let is_narrow_enough = if OF_ALL.contains(&name) {
            is_narrow
        } else {
            is_narrow_enough
        };
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        let plan = sqlx::query(explain).fetch_all(pool(store)).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|line| line.get(3)).collect();
        let reads_little = plan.iter().all(|line| reads_little(line, is_narrow_enough));
        assert!(reads_little, "{name}: {plan:#?}");
        // A sort reads all that wait before it gives the first.
        let is_sorted = plan.iter().any(|line| line.contains("B-TREE"));
        assert!(!is_sorted, "{name}: {plan:#?}");
    }
}

#[tokio::test]
async fn every_statement_searches_an_index() {
    let (store, _file) = super::super::engines::sqlite().await;
    wait_in_line(&store).await;
    add_history(&store).await;
    assert_every_statement_searches(&store, is_narrow).await;
    execute(&store, "ANALYZE").await;
    assert_every_statement_searches(&store, is_narrow).await;
}

/// All that the planner knows is of one customer's rows, which change their state together.
#[tokio::test]
async fn every_statement_searches_an_index_beside_a_burst_alone() {
    let (store, _file) = super::super::engines::sqlite().await;
    let numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers \
         WHERE n < 20000)";
    for change in burst(&format!("{numbers} SELECT"), "numbers") {
        execute(&store, &change).await;
        for then in ["SELECT 1", "ANALYZE"] {
            execute(&store, then).await;
            assert_every_statement_searches(&store, is_narrow_beside_a_burst).await;
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_claim_reads_no_more_pages() {
    let (store, directory) = super::super::engines::sqlite().await;
    wait_in_line(&store).await;
    let file = directory.path().join("outbox.db");
    let before = bytes_read(&file, "claim-before", LOOKS[0]).await;
    add_history(&store).await;
    execute(&store, "ANALYZE").await;
    let after = bytes_read(&file, "claim-after", LOOKS[0]).await;
    // The tree of the table's own rows has a level or two more.
    let most = before + 2 * 4_096;
    assert!(after <= most, "{after} bytes instead of {before}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn rows_behind_a_head_are_not_read() {
    let (store, directory) = super::super::engines::sqlite().await;
    wait_in_line(&store).await;
    let file = directory.path().join("outbox.db");
    let mut before = Vec::new();
    for count in [1_000, 30_000] {
        let series = format!(
            "(WITH RECURSIVE numbers(n) AS (SELECT {count} UNION ALL SELECT n - 1 FROM numbers \
             WHERE n > 1) SELECT n FROM numbers) WHERE true ON CONFLICT DO NOTHING"
        );
        execute(&store, &behind_heads(&series)).await;
        for (at, look) in LOOKS.into_iter().enumerate() {
            let thread = format!("behind-{count}-{at}");
            let read = bytes_read(&file, &thread, look).await;
            match before.get(at) {
                None => before.push(read),
                // As above, for each of the trees that the statement searches.
                Some(before) => {
                    assert!(read <= before + 4 * 4_096, "{look:?}: {before} {read}");
                }
            }
        }
    }
}

/// What a connection reads for a statement when it has nothing in its cache, by the kernel's own
/// count for its thread, which gets this name.
#[cfg(target_os = "linux")]
async fn bytes_read(file: &std::path::Path, thread: &str, look: (&str, [&str; 2])) -> usize {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    let candidates = with_arguments(&statements(), look);
    let name = thread.to_owned();
    let options = SqliteConnectOptions::new()
        .filename(file)
        .thread_name(move |_| name.clone());
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await.unwrap();
    let store = Store::new(Table::Sqlite(pool));
    // After this the schema is known, and the pages are forgotten.
    execute(&store, &format!("EXPLAIN QUERY PLAN {candidates}")).await;
    execute(
        &store,
        "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory",
    )
    .await;
    let before = read_by(thread);
    execute(&store, &format!("CREATE TEMP TABLE found AS {candidates}")).await;
    read_by(thread) - before
}

#[cfg(target_os = "linux")]
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
