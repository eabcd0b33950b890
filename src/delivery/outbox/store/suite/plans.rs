//! What the engines read for a statement does not grow with what is done and dead.
//!
//! `TOWER_PARTNERO_TEST_RECEIPTS=1000000` makes it a million receipts and a tenth of dead rows;
//! otherwise there are fewer, for speed.

use super::*;
use crate::delivery::outbox::store::Table;

const WAITING: usize = 40;

fn receipts() -> usize {
    let asked = std::env::var("TOWER_PARTNERO_TEST_RECEIPTS").ok();
    asked.map_or(20_000, |asked| asked.parse().unwrap())
}

/// Receipts and dead rows as SQL, all of sign-ups, refused for their public key; `series` gives the
/// numbers from 1 in the column `n`.
fn history(series: &str) -> String {
    let dead = "CASE WHEN n % 11 = 0 THEN 'dead' ELSE 'done' END";
    let key = "CASE WHEN n % 11 = 0 THEN 'anna-7' END";
    format!(
        "INSERT INTO partnero_outbox (kind, key, customer, public_key, state, outcome, settled_at) \
         SELECT 'customer', 'old-' || n, 'old-' || n, {key}, {dead}, 'referred', 0 FROM {series}"
    )
}

/// Rows behind heads as SQL: most are queued behind one, most of the rest are held for one row, and
/// a few are each another customer's.
fn behind_heads(series: &str) -> String {
    let state = "CASE WHEN n % 3 = 0 THEN 'held' ELSE 'queued' END";
    let waits_for = "CASE WHEN n % 3 = 0 THEN 1 END";
    let customer = "CASE WHEN n < 500 THEN 'customer-' || n ELSE 'the-one' END";
    format!(
        "INSERT INTO partnero_outbox (kind, key, customer, state, waits_for) \
         SELECT 'transaction', 'behind-' || n, {customer}, {state}, {waits_for} FROM {series}"
    )
}

/// Statements after each of which one customer has most of the rows, all in another state.
fn burst(select: &str, series: &str) -> [String; 5] {
    let change = |to: &str| format!("UPDATE partnero_outbox SET {to} WHERE customer = 'the-one'");
    [
        format!(
            "INSERT INTO partnero_outbox (kind, key, customer) \
             {select} 'transaction', 'sale-' || n, 'the-one' FROM {series}"
        ),
        change("state = 'queued'"),
        change("state = 'held', waits_for = 1"),
        change("state = 'due', attempts = 1"),
        change("state = 'done', settled_at = 1"),
    ]
}

/// The statements of a claim and of a repair that look for rows. The arguments are in the middle of
/// what they go through.
const LOOKS: [(&str, [&str; 2]); 5] = [
    ("OLDEST_FRESH", ["32", ""]),
    ("NEWEST_FRESH", ["32", ""]),
    ("FRESH_OF_ANY_LANE", ["32", ""]),
    ("LANES", ["'customer-2'", ""]),
    ("HELD", ["1", "300"]),
];

/// The text of a statement of [`LOOKS`] with its arguments.
fn with_arguments(statements: &[(&str, &str)], (name, arguments): (&str, [&str; 2])) -> String {
    let found = statements.iter().find(|(other, _)| *other == name);
    let (_, text) = found.unwrap();
    let text = text.replace("$1", "''");
    text.replace("$2", arguments[0]).replace("$3", arguments[1])
}

async fn wait_in_line(store: &Store) {
    for number in 0..WAITING {
        let key = format!("new-{number}");
        enqueue(store, &[sale(&key, &key)]).await;
    }
}

/// The indexes that hold no receipts, and so may be read from end to end.
const OF_WHAT_WAITS: [&str; 6] = [
    "partnero_outbox_fresh",
    "partnero_outbox_repeated",
    "partnero_outbox_lane",
    "partnero_outbox_queued",
    "partnero_outbox_held",
    "partnero_outbox_dead",
];

/// What a search in each of the other indexes must name, so that it finds few rows.
const OTHERS: [(&str, &str); 4] = [
    ("partnero_outbox_customer", "customer"),
    ("partnero_outbox_receipts", "settled_at"),
    ("partnero_outbox_public_key", "public_key"),
    ("", "key"),
];

/// What a search in the indexes of what waits must name as well beside a burst. The rows of
/// `partnero_outbox_dead` are looked for only when a person asks.
const BESIDE_A_BURST: [(&str, &str); 5] = [
    ("partnero_outbox_fresh", "due_at"),
    ("partnero_outbox_repeated", "due_at"),
    ("partnero_outbox_lane", "customer"),
    ("partnero_outbox_queued", "customer"),
    ("partnero_outbox_held", "waits_for"),
];

/// What an operator asks or decides about all rows of a kind or of a customer, and so reads as many.
const OF_ALL: [&str; 6] = [
    "STATUS",
    "EXPORT",
    "LOCK",
    "REPLAY_ALL",
    "HASTEN",
    "RESUME_ROWS",
];

/// Whether a search in this index with this condition finds few rows.
type IsNarrow = fn(&str, &str) -> bool;

fn names(condition: &str, column: &str) -> bool {
    let mut words = condition.split(|char: char| !(char.is_alphanumeric() || char == '_'));
    words.any(|word| word == column)
}

fn is_narrow_beside_a_burst(index: &str, condition: &str) -> bool {
    let column = BESIDE_A_BURST.iter().find(|(name, _)| *name == index);
    is_narrow(index, condition) && column.is_none_or(|(_, column)| names(condition, column))
}

fn is_narrow(index: &str, condition: &str) -> bool {
    if OF_WHAT_WAITS.contains(&index) {
        return true;
    }
    if index.ends_with("pkey") || index == "PRIMARY" {
        // Not `id > 7`: that may be all.
        return condition.contains("id = ") || condition.contains("rowid=?");
    }
    let other = OTHERS.iter().find(|(name, _)| index.starts_with(name));
    other.is_some_and(|(_, column)| names(condition, column))
}

#[test]
fn a_search_is_narrow_if_it_names_the_last_column() {
    for (index, condition) in [
        ("partnero_outbox_dead", ""),
        ("partnero_outbox_pkey", "(id = ANY ($1))"),
        ("PRIMARY", "(rowid=?)"),
        (
            "sqlite_autoindex_partnero_outbox_1",
            "(key=? AND kind=? AND program=?)",
        ),
        ("partnero_outbox_receipts", "(program=? AND settled_at<?)"),
    ] {
        assert!(is_narrow(index, condition), "{index} {condition}");
    }
    for (index, condition) in [
        ("partnero_outbox_pkey", ""),
        ("partnero_outbox_pkey", "(id > 7)"),
        ("PRIMARY", "(rowid>?)"),
        (
            "sqlite_autoindex_partnero_outbox_1",
            "(program=? AND kind=?)",
        ),
        ("partnero_outbox_public_key", "(program=?)"),
        ("partnero_outbox_receipts", "(program=?)"),
    ] {
        assert!(!is_narrow(index, condition), "{index} {condition}");
    }
}

#[test]
fn a_search_beside_a_burst_is_narrow_if_it_names_more_than_the_program() {
    for (index, condition) in [
        ("partnero_outbox_dead", "(program=?)"),
        (
            "partnero_outbox_lane",
            "(program=? AND customer>? AND customer<?)",
        ),
        (
            "partnero_outbox_held",
            "((program = $1) AND (ROW(waits_for, id) > ROW($2, $3)))",
        ),
        ("partnero_outbox_pkey", "(id = 7)"),
    ] {
        assert!(
            is_narrow_beside_a_burst(index, condition),
            "{index} {condition}"
        );
    }
    for (index, condition) in [
        ("partnero_outbox_fresh", "(program=?)"),
        ("partnero_outbox_repeated", "(program=?)"),
        ("partnero_outbox_lane", "(id = $1)"),
        ("partnero_outbox_queued", ""),
        ("partnero_outbox_held", "(program = $2)"),
        ("partnero_outbox_pkey", "(id > 7)"),
    ] {
        assert!(
            !is_narrow_beside_a_burst(index, condition),
            "{index} {condition}"
        );
    }
}

#[cfg(feature = "outbox-sqlite")]
mod in_sqlite {
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
        let is_of_rows =
            |name| ["partnero_outbox", "r", "n", "o", "h", "w", "gone"].contains(&name);
        let is_read = ["SCAN", "SEARCH"].contains(&words[0]) && is_of_rows(words[1]);
        let index = words.iter().skip_while(|word| **word != "USING");
        let mut index =
            index.filter(|word| !["USING", "COVERING", "INDEX", "INTEGER"].contains(word));
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
            let is_of_all = OF_ALL.contains(&name);
            let is_narrow_enough = if is_of_all {
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
}

#[cfg(feature = "outbox-postgres")]
mod in_postgres {
    use sqlx::pool::PoolConnection;
    use sqlx::{AssertSqlSafe, Postgres};

    use super::*;
    use crate::delivery::outbox::store::postgres::{BEGIN_BRIEFLY, statements};

    async fn connect(store: &Store) -> PoolConnection<Postgres> {
        match &store.table {
            Table::Postgres(pool) => pool.acquire().await.unwrap(),
            _ => panic!("another engine"),
        }
    }

    async fn execute(connection: &mut PoolConnection<Postgres>, statement: &str) {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement));
        statement.execute(&mut **connection).await.unwrap();
    }

    async fn plan(connection: &mut PoolConnection<Postgres>, explain: &str) -> Vec<String> {
        let plan = sqlx::query_scalar(AssertSqlSafe(explain));
        plan.fetch_all(&mut **connection).await.unwrap()
    }

    async fn add_history(connection: &mut PoolConnection<Postgres>) {
        let count = receipts() * 11 / 10;
        let series = format!("generate_series(1, {count}) AS n");
        execute(connection, &history(&series)).await;
    }

    /// A call of the prepared statement `checked` with a value for each argument.
    async fn call(connection: &mut PoolConnection<Postgres>, text: &str, customer: &str) -> String {
        let types: Vec<String> = sqlx::query_scalar(
            "SELECT UNNEST(parameter_types)::TEXT FROM pg_prepared_statements WHERE name = 'checked'",
        )
        .fetch_all(&mut **connection)
        .await
        .unwrap();
        let value = |(index, kind): (usize, &String)| match kind.as_str() {
            "text" if index == 0 || text.contains(&format!("program = ${}", index + 1)) => "''",
            "text" => customer,
            "json" if text.contains("json_to_recordset") => {
                r#"'[{"id": 1, "owner": "x", "outcome": "y"}]'"#
            }
            "json" => "'[1, 2]'",
            "boolean" => "true",
            _ => "1",
        };
        let values: Vec<&str> = types.iter().enumerate().map(value).collect();
        if values.is_empty() {
            "EXECUTE checked".to_owned()
        } else {
            format!("EXECUTE checked({})", values.join(", "))
        }
    }

    /// `Index Scan using partnero_outbox_pkey on partnero_outbox e  (cost=...)`, or `Bitmap Index
    /// Scan on partnero_outbox_held  (cost=...)`, and in one of the next lines its `Index Cond:`.
    fn reads_little(plan: &[String], is_narrow: IsNarrow) -> bool {
        plan.iter().enumerate().all(|(at, line)| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let after = |word| words.iter().skip_while(move |other| **other != word).nth(1);
            let is_scan = line.contains(" Scan ") || line.starts_with("Seq Scan");
            let table = after("on").copied().unwrap_or_default();
            if !is_scan || ["partnero_outbox_gate", "partnero_outbox_migrations"].contains(&table) {
                return true;
            }
            if line.contains("Seq Scan") {
                return table != "partnero_outbox";
            }
            let index = match after("using") {
                Some(index) => *index,
                None if line.contains("Bitmap Index Scan") => table,
                // A subquery, a function, or the rows that a bitmap names.
                None => return true,
            };
            let below = plan[at + 1..]
                .iter()
                .take_while(|line| !line.contains("->"));
            let condition = below
                .map(String::as_str)
                .find(|line| line.contains("Index Cond:"));
            // Without statistics PostgreSQL likes to read a whole index besides the primary key.
            let is_whole = OF_WHAT_WAITS.contains(&index) && condition.is_none();
            !is_whole && is_narrow(index, condition.unwrap_or_default())
        })
    }

    #[test]
    fn a_scan_is_told_from_a_search() {
        let lines = |plan: &str| plan.lines().map(str::to_owned).collect::<Vec<_>>();
        for plan in [
            "Seq Scan on partnero_outbox  (cost=0.00..1.00 rows=1 width=8)",
            "  ->  Seq Scan on partnero_outbox r  (cost=0.00..1.00 rows=1 width=8)",
            "Index Scan using partnero_outbox_pkey on partnero_outbox  (cost=0.0)\n  Filter: (id = 1)",
            "BitmapAnd  (cost=0.0)\n  ->  Bitmap Index Scan on partnero_outbox_lane  (cost=0.0)\n  ->  \
             Bitmap Index Scan on partnero_outbox_pkey  (cost=0.0)\n        Index Cond: (id = 1)",
            "Index Scan using partnero_outbox_key_kind_program_key on partnero_outbox  (cost=0.0)\n  \
             Index Cond: (kind = 'customer'::text)",
        ] {
            assert!(!reads_little(&lines(plan), is_narrow), "{plan}");
        }
        for plan in [
            "Seq Scan on partnero_outbox_gate  (cost=0.00..1.00 rows=1 width=8)",
            "Bitmap Heap Scan on partnero_outbox  (cost=0.0)\n  ->  Bitmap Index Scan on \
             partnero_outbox_held  (cost=0.0)\n        Index Cond: (waits_for = 1)",
            "Index Scan using partnero_outbox_pkey on partnero_outbox  (cost=0.0)\n  Index Cond: (id = 1)",
        ] {
            assert!(reads_little(&lines(plan), is_narrow), "{plan}");
        }
    }

    /// The arguments are about a customer with few rows or none, and about the one with most.
    async fn assert_every_statement_searches(
        connection: &mut PoolConnection<Postgres>,
        left_out: &[&str],
        rows: &str,
        is_narrow_enough: IsNarrow,
    ) {
        for (name, text) in statements() {
            if text.starts_with("CREATE") || left_out.contains(&name) {
                continue;
            }
            execute(connection, &format!("PREPARE checked AS {text}")).await;
            for (mode, customer) in [
                ("force_generic_plan", "'anna-7'"),
                ("force_custom_plan", "'anna-7'"),
                ("force_custom_plan", "'the-one'"),
            ] {
                let call = call(connection, text, customer).await;
                execute(connection, &format!("SET plan_cache_mode = {mode}")).await;
                let plan = plan(connection, &format!("EXPLAIN {call}")).await;
                assert!(
                    reads_little(&plan, is_narrow_enough),
                    "{name}, {mode}, {customer}, {rows}: {plan:#?}"
                );
                // A plan that must read the whole table although that is turned off costs 10^10, and
                // PostgreSQL would compile it (JIT).
                let is_forced = plan.iter().any(|line| line.contains("cost=1000000000"));
                assert!(!is_forced, "{name}, {mode}, {customer}, {rows}: {plan:#?}");
                // A sort reads all that wait before it gives the first, and so does an aggregate.
                let reads_all = |line: &String| line.contains("Sort") || line.contains("Aggregate");
                let is_of_rows = plan
                    .iter()
                    .any(|line| line.contains(" on partnero_outbox "));
                assert!(
                    OF_ALL.contains(&name) || !is_of_rows || !plan.iter().any(reads_all),
                    "{name}, {mode}, {customer}, {rows}: {plan:#?}"
                );
            }
            execute(connection, "DEALLOCATE checked").await;
        }
    }

    async fn without_statistics(schema: &str) -> (Store, PoolConnection<Postgres>) {
        let store = super::super::engines::postgres(schema).await;
        let mut connection = connect(&store).await;
        let setting = "ALTER TABLE partnero_outbox SET (autovacuum_enabled = off)";
        execute(&mut connection, setting).await;
        (store, connection)
    }

    #[cfg_attr(postgres, tokio::test)]
    #[cfg_attr(not(postgres), expect(dead_code, reason = "needs a server"))]
    async fn every_statement_searches_an_index() {
        let (store, mut connection) = without_statistics("every_statement_searches_an_index").await;
        wait_in_line(&store).await;
        add_history(&mut connection).await;
        assert_every_statement_searches(&mut connection, &[], "no statistics", is_narrow).await;
        execute(&mut connection, "ANALYZE partnero_outbox").await;
        assert_every_statement_searches(&mut connection, &[], "statistics", is_narrow).await;
        statements_search_beside_a_burst(&mut connection).await;
    }

    /// The app's own transaction has none of a worker's settings.
    #[cfg_attr(postgres, tokio::test)]
    #[cfg_attr(not(postgres), expect(dead_code, reason = "needs a server"))]
    async fn an_app_searches_an_index_of_a_small_table() {
        let store = super::super::engines::postgres("an_app_searches_an_index").await;
        wait_in_line(&store).await;
        let mut connection = connect(&store).await;
        let settings =
            "SELECT UNNEST(reloptions) FROM pg_class WHERE oid = 'partnero_outbox'::regclass";
        let settings = plan(&mut connection, settings).await;
        for setting in [
            "autovacuum_analyze_threshold=1000",
            "autovacuum_vacuum_threshold=1000",
        ] {
            assert!(settings.iter().any(|set| set == setting), "{settings:?}");
        }
        let apps = |name: &str| ["INSERT", "STATE"].contains(&name);
        let others = statements().into_iter().map(|(name, _)| name);
        let others: Vec<&str> = others.filter(|name| !apps(name)).collect();
        assert_every_statement_searches(&mut connection, &others, "few", is_narrow).await;
    }

    /// PostgreSQL keeps the plans that it makes for a small table.
    #[cfg_attr(postgres, tokio::test)]
    #[cfg_attr(not(postgres), expect(dead_code, reason = "needs a server"))]
    async fn a_transaction_of_a_worker_searches_an_index_of_a_small_table() {
        let (store, mut connection) = without_statistics("a_small_table").await;
        wait_in_line(&store).await;
        execute(&mut connection, "ANALYZE partnero_outbox").await;
        execute(&mut connection, BEGIN_BRIEFLY).await;
        assert_every_statement_searches(&mut connection, &[], "few", is_narrow).await;
    }

    /// All that the planner knows is of the burst.
    #[cfg_attr(postgres, tokio::test)]
    #[cfg_attr(not(postgres), expect(dead_code, reason = "needs a server"))]
    async fn every_statement_searches_an_index_beside_a_burst_alone() {
        let (_store, mut connection) = without_statistics("beside_a_burst_alone").await;
        statements_search_beside_a_burst(&mut connection).await;
    }

    /// In a transaction of a worker. One customer has most of the rows, which change their state
    /// together, and PostgreSQL does not notice at once.
    async fn statements_search_beside_a_burst(connection: &mut PoolConnection<Postgres>) {
        for change in burst("SELECT", "generate_series(1, 50000) AS n") {
            execute(connection, &change).await;
            for then in [
                "SELECT 1",
                "ANALYZE partnero_outbox",
                "VACUUM ANALYZE partnero_outbox",
            ] {
                execute(connection, then).await;
                execute(connection, BEGIN_BRIEFLY).await;
                let rows = format!("{change}; {then}");
                let is_narrow = is_narrow_beside_a_burst;
                assert_every_statement_searches(connection, &OF_ALL, &rows, is_narrow).await;
                execute(connection, "COMMIT").await;
            }
        }
    }

    #[cfg_attr(postgres, tokio::test)]
    #[cfg_attr(not(postgres), expect(dead_code, reason = "needs a server"))]
    async fn a_claim_reads_no_more_pages() {
        let store = super::super::engines::postgres("a_claim_reads_no_more_pages").await;
        wait_in_line(&store).await;
        let mut connection = connect(&store).await;
        let before = shared_pages(&mut connection, LOOKS[0]).await;
        add_history(&mut connection).await;
        execute(&mut connection, "VACUUM ANALYZE partnero_outbox").await;
        let after = shared_pages(&mut connection, LOOKS[0]).await;
        // The trees of the indexes have a level or two more, which each of the few searches reads.
        let most = before + 2 * WAITING;
        assert!(after <= most, "{after} pages instead of {before}");
    }

    #[cfg_attr(postgres, tokio::test)]
    #[cfg_attr(not(postgres), expect(dead_code, reason = "needs a server"))]
    async fn rows_behind_a_head_are_not_read() {
        let store = super::super::engines::postgres("rows_behind_a_head_are_not_read").await;
        wait_in_line(&store).await;
        let mut connection = connect(&store).await;
        let no_statistics = "ALTER TABLE partnero_outbox SET (autovacuum_enabled = off)";
        execute(&mut connection, no_statistics).await;
        let mut before: Vec<usize> = Vec::new();
        for (count, then) in [
            (1_000, "SELECT 1"),
            (30_000, "SELECT 1"),
            (30_000, "ANALYZE"),
        ] {
            let series = format!("generate_series(1, {count}) AS n ON CONFLICT DO NOTHING");
            execute(&mut connection, &behind_heads(&series)).await;
            execute(&mut connection, then).await;
            for (at, look) in LOOKS.into_iter().enumerate() {
                let read = shared_pages(&mut connection, look).await;
                match before.get(at) {
                    None => before.push(read),
                    // As above, and each row that is read is a page more.
                    Some(before) => {
                        assert!(read <= 2 * before, "{look:?}, {then}: {before} {read}");
                    }
                }
            }
        }
    }

    /// The buffers that a statement has touched.
    async fn shared_pages(
        connection: &mut PoolConnection<Postgres>,
        look: (&str, [&str; 2]),
    ) -> usize {
        let candidates = with_arguments(&statements(), look);
        let explain = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {candidates}");
        // The first run may set hint bits and fill caches.
        plan(connection, &explain).await;
        let plan = plan(connection, &explain).await;
        let buffers = plan.iter().find(|line| line.contains("Buffers: shared"));
        let words = buffers.unwrap().split([' ', '=']);
        words.filter_map(|word| word.parse::<usize>().ok()).sum()
    }
}
