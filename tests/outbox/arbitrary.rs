//! Rows of other drivers with any numbers and bytes: every one of them ends, and none stops a claim
//! or a status.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tower_partnero::delivery::{Outbox, Status};

use crate::support::{Shop, friend, sale};

/// A value as SQL. PostgreSQL takes only what fits its column.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''").replace('\0', ""))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(i64::MAX),
        Just(i64::MIN),
        Just(-1),
        Just(0),
        Just(1_000_000_000),
        0..2_000_000_000_000_i64,
        any::<i64>(),
    ]
    .prop_map(|number| number.to_string())
}

fn some_text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]", "[a-z0-9-]{1,12}", "\\PC{1,20}"].prop_map(|value| text(&value))
}

fn bytes() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<u8>(), 1..6).prop_map(|bytes| {
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        format!("X'{}'", digits.collect::<String>())
    })
}

fn payload() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("NULL".to_owned()),
        Just(text("{}")),
        Just(text(r#"{"id": "a", "referring_customer": {"key": "b"}}"#)),
        Just(text(
            r#"{"id": "a", "referring_customer": {"key": "b\u0000"}}"#
        )),
        Just(text(
            r#"{"id": "b", "key": "a", "email": "b@shop.example"}"#
        )),
        Just(text(
            r#"{"amount": 1, "amount_units": "EUR", "is_currency": true}"#
        )),
        Just(text(r#"{"amount": -1e400}"#)),
        some_text(),
    ]
}

/// Names of columns, and their values.
fn row(takes_bytes: bool) -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let kind = prop_oneof!["customer", "transaction", "refund", "credit"];
    let state =
        prop_oneof![4 => Just("due"), 1 => Just("leased"), 1 => Just("held"), 1 => Just("queued")];
    let name = move || {
        prop_oneof![
            4 => some_text().boxed(),
            1 => if takes_bytes { bytes().boxed() } else { some_text().boxed() },
        ]
    };
    let body = prop_oneof![
        4 => payload().boxed(),
        1 => if takes_bytes { bytes().boxed() } else { payload().boxed() },
    ];
    let numbers = [
        "due_at",
        "waits_for",
        "sent_at",
        "attempts",
        "failing_ms",
        "created_at",
    ];
    let numbers = numbers.map(|column| {
        proptest::option::weighted(0.3, number())
            .prop_map(move |value| value.map(|value| (column, value)))
    });
    (kind, name(), name(), state, body, numbers).prop_map(
        |(kind, key, customer, state, payload, numbers)| {
            let key = if kind == "customer" {
                customer.clone()
            } else {
                key
            };
            let mut row = vec![
                ("kind", text(&kind)),
                ("key", key),
                ("customer", customer),
                ("state", text(state)),
                ("payload", payload),
            ];
            row.extend(numbers.into_iter().flatten());
            row
        },
    )
}

fn insert(row: &[(&str, String)]) -> String {
    let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
    let values: Vec<&str> = row.iter().map(|(_, value)| value.as_str()).collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    format!("INSERT INTO partnero_outbox ({columns}) VALUES ({values})")
}

/// Writes the rows, drives the worker over them, and deletes them.
macro_rules! every_row_ends {
    ($shop:ident, $pool:ident, $rows:ident) => {{
        for row in &$rows {
            let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(insert(row)));
            // What the table refuses, the other driver hears of at once.
            let _ = statement.execute(&$pool).await;
        }
        $shop.anna().await;
        $shop.report(friend("honest")).await;
        $shop.report(sale("honest-1", "honest")).await;
        $shop.outbox.status().await.unwrap();
        // Rows of the far future are an operator's to hasten.
        $shop.outbox.hasten(Duration::from_secs(1)).await.unwrap();
        let worker = $shop.worker().start().unwrap();
        $shop.status_when(Status::is_drained).await;
        assert!(worker.health().is_ok());
        worker.stop(Duration::from_secs(5)).await;
        assert_eq!($shop.referrer_of("honest").as_deref(), Some("anna"));
        assert_eq!($shop.recorded("honest-1"), 1);
        for letter in $shop.dead().await {
            assert!(!letter.reason.is_empty() && !letter.last_answer.is_empty());
        }
        let left: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM partnero_outbox r WHERE state NOT IN ('done', 'dead') AND NOT \
             (state = 'held' AND EXISTS (SELECT 1 FROM partnero_outbox w \
             WHERE w.id = r.waits_for AND w.state IN ('held', 'dead')))",
        )
        .fetch_one(&$pool)
        .await
        .unwrap();
        assert_eq!(left, 0);
    }};
}

fn try_rows(takes_bytes: bool, proof: impl Fn(Vec<Vec<(&'static str, String)>>)) {
    let mut runner = TestRunner::new(Config {
        // Each is a worker's whole run: a twentieth of what `PROPTEST_CASES` asks for.
        cases: Config::default().cases / 20,
        failure_persistence: None,
        max_shrink_iters: 8,
        ..Config::default()
    });
    let rows = proptest::collection::vec(row(takes_bytes), 1..16);
    runner
        .run(&rows, |rows| {
            proof(rows);
            Ok(())
        })
        .unwrap();
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

#[test]
fn every_row_ends_in_sqlite() {
    try_rows(true, |rows| {
        block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let options = SqliteConnectOptions::new()
                .filename(directory.path().join("app.db"))
                .create_if_missing(true);
            let pool = SqlitePoolOptions::new().connect_with(options);
            let pool = pool.await.unwrap();
            let shop = Shop::open(Outbox::sqlite_pool(pool.clone()).await.unwrap()).await;
            every_row_ends!(shop, pool, rows);
        });
    });
}

#[cfg(postgres)]
#[test]
fn every_row_ends_in_postgres() {
    try_rows(false, |rows| {
        block_on(async {
            let pool = crate::support::postgres("every_row_ends_in_postgres").await;
            let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
            every_row_ends!(shop, pool, rows);
        });
    });
}
