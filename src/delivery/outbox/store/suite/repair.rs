//! What a repair finds, step by step.

use super::foreign::{count, every_database, execute};
use super::*;

every_database! {
    a_repair_goes_through_all_lanes,
    a_repair_goes_through_all_held_rows,
    a_repair_ends_beside_a_customer_that_is_no_text,
    a_repair_leaves_other_programs_alone,
    a_short_list_is_repaired_in_one_step,
}

/// More than one step of a repair looks at.
const MANY: usize = 250;

/// Inserts rows, of which `columns` says more than their kind.
async fn insert(store: &Store, columns: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("('transaction', {row})")).collect();
    let insert = format!("INSERT INTO partnero_outbox (kind, {columns}) VALUES");
    execute(store, &format!("{insert} {}", rows.join(", "))).await;
}

async fn a_repair_goes_through_all_lanes(store: Store) {
    let lanes = (0..MANY).flat_map(|lane| {
        let head = format!("'head-{lane}', 'lane-{lane}', 'due'");
        let behind = format!("'behind-{lane}', 'lane-{lane}', 'queued'");
        [head, behind]
    });
    insert(&store, "key, customer, state", lanes).await;
    repair(&store).await;
    assert_eq!(count(&store, "state = 'queued'").await, 250);
    execute(
        &store,
        "DELETE FROM partnero_outbox WHERE key IN ('head-0', 'head-120', 'head-249')",
    )
    .await;
    repair(&store).await;
    assert_eq!(count(&store, "state = 'queued'").await, 247);
    let due = "state = 'due' AND key IN ('behind-0', 'behind-120', 'behind-249')";
    assert_eq!(count(&store, due).await, 3);
}

async fn a_repair_goes_through_all_held_rows(store: Store) {
    enqueue(&store, &[sale("one", "a"), sale("two", "b")]).await;
    let rows = claim(&store).await;
    let (one, two) = (rows[0].id, rows[1].id);
    // Many wait for one row, some for another, one for a row that never was, and one for nobody.
    let waiting = (0..MANY).map(|n| format!("'held-{n}', 'c', 'held', {one}"));
    let others = (0..3).map(|n| format!("'other-{n}', 'd', 'held', {two}"));
    let lost = ["'lost', 'e', 'held', 77777", "'nobody', 'f', 'held', NULL"];
    let rows = waiting.chain(others).chain(lost.map(str::to_owned));
    insert(&store, "key, customer, state, waits_for", rows).await;
    repair(&store).await;
    assert_eq!(count(&store, "state = 'held'").await, 253);
    let due = "state = 'due' AND key IN ('lost', 'nobody')";
    assert_eq!(count(&store, due).await, 2);
    execute(
        &store,
        &format!("DELETE FROM partnero_outbox WHERE id IN ({one}, {two})"),
    )
    .await;
    repair(&store).await;
    assert_eq!(count(&store, "state = 'held'").await, 0);
}

/// SQLite lets another driver write bytes into a text column.
async fn a_repair_ends_beside_a_customer_that_is_no_text(store: Store) {
    let value = |lane: usize| {
        #[cfg(feature = "outbox-sqlite")]
        if store.engine() == crate::delivery::outbox::transaction::Engine::Sqlite {
            return format!("X'FF{lane:04X}'");
        }
        format!("'lane-{lane}'")
    };
    let lanes = (0..MANY).flat_map(|lane| {
        let head = format!("'head-{lane}', {}, 'due'", value(lane));
        let behind = format!("'behind-{lane}', {}, 'queued'", value(lane));
        [head, behind]
    });
    insert(&store, "key, customer, state", lanes).await;
    let mut next = Some(Repair::beginning());
    for _ in 0..10 {
        if let Some(from) = next {
            next = store.repair(&from).await.unwrap();
        }
    }
    assert!(next.is_none(), "it goes round in circles");
    execute(&store, "DELETE FROM partnero_outbox WHERE state = 'due'").await;
    repair(&store).await;
    assert!(count(&store, "state = 'due'").await > 0);
}

async fn a_repair_leaves_other_programs_alone(store: Store) {
    let rows = [
        "'a', 'a', 'queued', 'other', NULL".to_owned(),
        "'b', 'b', 'held', 'other', 77777".to_owned(),
    ];
    insert(
        &store,
        "key, customer, state, program, waits_for",
        rows.into_iter(),
    )
    .await;
    repair(&store).await;
    assert_eq!(count(&store, "state = 'due'").await, 0);
    repair(&store.of("other")).await;
    assert_eq!(count(&store, "state = 'due'").await, 2);
}

/// A worker's first step comes before its first claim, so that it does not stop before these rows.
async fn a_short_list_is_repaired_in_one_step(store: Store) {
    let rows = [
        "'a', 'a', 'held', -9223372036854775808".to_owned(),
        "'b', 'b', 'held', 0".to_owned(),
        "'c', 'c', 'held', 77777".to_owned(),
        "'d', 'd', 'held', NULL".to_owned(),
        "'e', 'e', 'queued', NULL".to_owned(),
    ];
    insert(&store, "key, customer, state, waits_for", rows.into_iter()).await;
    store.repair(&Repair::beginning()).await.unwrap();
    assert_eq!(count(&store, "state = 'due'").await, 5);
}
