//! What a claim reads does not grow with what is done and dead.
//!
//! `TOWER_PARTNERO_TEST_RECEIPTS=1000000` makes it a million receipts and a tenth of dead rows;
//! otherwise there are fewer, for speed.

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

async fn wait_in_line(store: &impl Store) {
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
    store.execute(history(&series)).await;
    store
        .execute("VACUUM ANALYZE partnero_outbox".to_owned())
        .await;
    let after = shared_pages(&store).await;
    assert!(after <= before, "{after} pages instead of {before}");
}

/// The buffers that the whole plan has touched, from its first line about them.
#[cfg(feature = "outbox-postgres")]
async fn shared_pages(store: &crate::delivery::outbox::store::postgres::Postgres) -> usize {
    // The first run may set hint bits and fill caches.
    let explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF)";
    store.explain_claim(explain, 0).await;
    let plan = store.explain_claim(explain, 0).await;
    let buffers = plan.iter().find(|line| line.contains("Buffers: shared"));
    let words = buffers.unwrap().split([' ', '=']);
    words.filter_map(|word| word.parse::<usize>().ok()).sum()
}

#[cfg(feature = "outbox-sqlite")]
#[tokio::test]
async fn sqlite_reads_indexes_that_hold_nothing_done_or_dead() {
    let (store, _file) = super::engines::sqlite().await;
    wait_in_line(&store).await;
    let count = receipts() * 11 / 10;
    let series = format!(
        "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         SELECT n FROM numbers)"
    );
    store.execute(history(&series)).await;
    store.execute("ANALYZE".to_owned()).await;
    let plan = store.explain_claim("EXPLAIN QUERY PLAN", 3).await;
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
