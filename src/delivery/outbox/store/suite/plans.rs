//! What the engines read for a statement does not grow with what is done and dead.
//!
//! `TOWER_PARTNERO_TEST_RECEIPTS=1000000` makes it a million receipts and a tenth of dead rows;
//! otherwise there are fewer, for speed.

#[cfg(feature = "outbox-postgres")]
mod in_postgres;
#[cfg(feature = "outbox-sqlite")]
mod in_sqlite;

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
