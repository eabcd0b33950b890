//! Rows that another driver has written into SQLite, which takes any type in any column.

use std::time::{Duration, Instant};

use http::Method;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::UnreferredSale;

use crate::support::{Shop, friend, sale};

async fn shop(directory: &tempfile::TempDir) -> (Shop, SqlitePool) {
    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("app.db"))
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new().connect_with(options);
    let pool = pool.await.unwrap();
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    (Shop::open(outbox).await, pool)
}

#[tokio::test]
async fn a_payload_of_bytes_is_read_as_text() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, pool) = shop(&directory).await;
    let insert = sqlx::query(Outbox::INSERT).bind("customer").bind("7");
    let insert = insert.bind("7").bind(None::<String>);
    let insert = insert.bind(br#"{"id": "7"}"#.to_vec()).bind("");
    insert.execute(&pool).await.unwrap();
    assert_eq!(shop.deliver().await.dead, 0);
    assert!(shop.knows("7"));
}

#[tokio::test]
async fn what_is_no_text_is_dead_and_holds_up_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, pool) = shop(&directory).await;
    // A sale whose answer comes too late would be sent again.
    let shop = shop.with_timeout(Duration::from_secs(10));
    shop.report(NewCustomer::new("ben")).await;
    // Bytes that are no UTF-8, and a key that compares equal to no other.
    for (key, payload) in [("'a'", "X'22FF22'"), ("X'62'", "'{\"amount\": 1}'")] {
        let insert = format!(
            "INSERT INTO partnero_outbox (kind, key, customer, payload) \
             VALUES ('transaction', {key}, 'ben', {payload})"
        );
        let insert = sqlx::raw_sql(sqlx::AssertSqlSafe(insert));
        insert.execute(&pool).await.unwrap();
    }
    shop.report(NewCustomer::new("cleo")).await;
    shop.report(sale("o-1", "ben")).await;
    assert_eq!(shop.deliver().await.dead, 2);
    assert!(shop.knows("ben") && shop.knows("cleo"));
    assert_eq!(shop.calls("POST /v1/transactions"), 1);
    let dead = shop.dead().await;
    let keys = dead.iter().map(|letter| letter.key.as_str());
    assert_eq!(keys.collect::<Vec<_>>(), ["a", "b"]);
    for letter in dead {
        assert_eq!(letter.reason, "unreadable");
        assert!(
            letter.last_answer.contains("column"),
            "{}",
            letter.last_answer
        );
        assert!(shop.outbox.discard(letter.id, "unreadable").await.unwrap());
    }
}

/// A row may say that it was sent a moment ago, and be due: a person has made it so, or the database
/// was restored. That request may still be under way, so Partnero is not asked for the sale yet.
#[tokio::test]
async fn a_sale_that_was_just_sent_is_looked_up_only_after_the_pause() {
    const PAUSE: Duration = Duration::from_secs(2);
    let directory = tempfile::tempdir().unwrap();
    let (shop, pool) = shop(&directory).await;
    shop.anna().await;
    shop.report(friend("ben")).await;
    assert!(shop.deliver().await.is_drained());
    shop.report(sale("o-1", "ben")).await;
    let began = Instant::now();
    let sent = "UPDATE partnero_outbox SET sent_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) \
                WHERE kind = 'transaction'";
    sqlx::query(sent).execute(&pool).await.unwrap();
    let worker = shop.worker().look_up_after(PAUSE).start().unwrap();
    shop.status_when(Status::is_drained).await;
    // The database counts in milliseconds.
    let rounding = Duration::from_millis(10);
    assert!(began.elapsed() + rounding >= PAUSE, "{:?}", began.elapsed());
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.recorded("o-1"), 1);
}

#[tokio::test]
async fn what_waits_for_a_row_that_a_person_has_deleted_is_delivered() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, pool) = shop(&directory).await;
    // The refusal must not come too late.
    let shop = shop.with_timeout(Duration::from_secs(10));
    shop.switch(UnreferredSale::Recorded);
    let ben = NewCustomer::new("ben");
    let refusal = Fault::status(422).on(Method::POST, "/v1/customers");
    shop.sandbox.inject(refusal.times(1));
    shop.report(ben.clone()).await;
    shop.report(sale("o-1", "ben")).await;
    let first = shop.worker().start().unwrap();
    shop.status_when(|status| (status.dead, status.held) == (1, 1))
        .await;
    first.stop(Duration::from_secs(5)).await;
    // The person creates the customer by hand, too.
    shop.client.customers().create(&ben).await.unwrap();
    let deletion = sqlx::raw_sql("DELETE FROM partnero_outbox WHERE state = 'dead'");
    deletion.execute(&pool).await.unwrap();
    let second = shop.worker().start().unwrap();
    shop.status_when(|status| (status.pending, status.held) == (0, 0))
        .await;
    second.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.recorded("o-1"), 1);
}
