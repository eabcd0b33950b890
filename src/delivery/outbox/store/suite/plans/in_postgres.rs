//! What PostgreSQL plans.

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
    let (store, mut connection) = without_statistics("rows_behind_a_head_are_not_read").await;
    wait_in_line(&store).await;
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
async fn shared_pages(connection: &mut PoolConnection<Postgres>, look: (&str, [&str; 2])) -> usize {
    let candidates = with_arguments(&statements(), look);
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {candidates}");
    // The first run may set hint bits and fill caches.
    plan(connection, &explain).await;
    let plan = plan(connection, &explain).await;
    let buffers = plan.iter().find(|line| line.contains("Buffers: shared"));
    let words = buffers.unwrap().split([' ', '=']);
    words.filter_map(|word| word.parse::<usize>().ok()).sum()
}
