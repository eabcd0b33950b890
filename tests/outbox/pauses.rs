//! A pause that a person ends, in the database or through the outbox.

use std::time::Duration;

use http::header::RETRY_AFTER;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{DeliveryWorker, Outbox, Status};
use tower_partnero::sandbox::Fault;

use crate::support::{Shop, every_engine};

every_engine! {
    a_pause_without_end_is_ended_by_a_person,
}

/// Partnero asks for 3,000 years, and a friend waits.
async fn paused(shop: &Shop) -> DeliveryWorker {
    let absurd = Fault::status(429).header(RETRY_AFTER, 99_999_999_999_u64);
    shop.sandbox.inject(absurd.times(1));
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().poll(Duration::from_millis(200));
    let worker = worker.start().unwrap();
    shop.status_when(|status| status.paused_for.is_some()).await;
    shop.report(NewCustomer::new("cleo")).await;
    worker
}

async fn a_pause_without_end_is_ended_by_a_person(shop: Shop) {
    let worker = paused(&shop).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(shop.calls(""), 1);
    assert!(shop.outbox.resume().await.unwrap());
    shop.status_when(Status::is_drained).await;
    assert!(shop.knows("ben") && shop.knows("cleo"));
    assert_eq!(worker.stop(Duration::from_secs(1)).await, 0);
}

/// A shop that counts its claims, and the app's own pool.
async fn counted(directory: &tempfile::TempDir) -> (Shop, SqlitePool) {
    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("app.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().connect_with(options);
    let pool = pool.await.unwrap();
    let shop = Shop::open(Outbox::sqlite_pool(pool.clone()).await.unwrap()).await;
    let count = "CREATE TABLE claims (n INTEGER); INSERT INTO claims VALUES (0); \
         CREATE TRIGGER claimed AFTER UPDATE ON partnero_outbox \
         WHEN NEW.state = 'leased' AND OLD.state = 'due' BEGIN UPDATE claims SET n = n + 1; END";
    sqlx::raw_sql(count).execute(&pool).await.unwrap();
    (shop, pool)
}

#[tokio::test]
async fn a_pause_that_is_ended_in_the_database_is_over_and_makes_nobody_run_in_circles() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, pool) = counted(&directory).await;
    let worker = paused(&shop).await;
    let open = "UPDATE partnero_outbox_gate SET closed_at = NULL, not_before = 0, probe_at = NULL";
    sqlx::raw_sql(open).execute(&pool).await.unwrap();
    shop.status_when(|_| shop.knows("cleo")).await;
    let claims: i64 = sqlx::query_scalar("SELECT n FROM claims")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(claims < 20, "{claims}");
    worker.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_pause_without_a_time_for_its_probe_is_probed() {
    let directory = tempfile::tempdir().unwrap();
    let (shop, pool) = counted(&directory).await;
    let shut = "UPDATE partnero_outbox_gate SET closed_at = 1, probe_at = NULL, reason = 'by hand'";
    sqlx::raw_sql(shut).execute(&pool).await.unwrap();
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(Status::is_drained).await;
    assert_eq!(shop.calls("GET /v1/test"), 1);
    worker.stop(Duration::from_secs(1)).await;
}
