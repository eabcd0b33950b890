//! A database that fails: the caller gets an error, and the worker goes on by itself.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, OutboxErrorKind, Status};
use tower_partnero::sandbox::switches::UnreferredSale;

use crate::support::{Shop, sale};

/// The app's own file, with a pool that waits for a lock only for a moment. With a log, so that a
/// worker that writes keeps nobody from reading meanwhile: on a busy machine a commit takes longer
/// than this moment.
async fn app_pool(file: &std::path::Path, read_only: bool) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(!read_only)
        .read_only(read_only)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_millis(50));
    let pool = SqlitePoolOptions::new().max_connections(2);
    pool.connect_with(options).await.unwrap()
}

#[tokio::test]
async fn a_file_that_is_locked_is_busy_and_can_be_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    let pool = app_pool(&file, false).await;
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let other = app_pool(&file, false).await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = outbox.enqueue(NewCustomer::new(7)).await.unwrap_err();
    assert_eq!(error.kind(), OutboxErrorKind::Busy);
    assert!(error.is_retryable());
    lock.rollback().await.unwrap();
    outbox.enqueue(NewCustomer::new(7)).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_named_and_takes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(
        SqliteConnectOptions::new()
            .filename(directory.path().join("app.db"))
            .create_if_missing(true),
    );
    let pool = pool.await.unwrap();
    let outbox = Outbox::sqlite_pool(pool.clone()).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&pool)
        .await
        .unwrap();
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    sqlx::raw_sql(limit).execute(&pool).await.unwrap();
    let long = "x".repeat(100_000);
    let error = outbox
        .enqueue(NewCustomer::new(7).name(long))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), OutboxErrorKind::Full);
    assert_eq!(outbox.status().await.unwrap().pending, 0);
}

#[tokio::test]
async fn a_read_only_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    Outbox::sqlite_pool(app_pool(&file, false).await)
        .await
        .unwrap();
    let outbox = Outbox::sqlite_pool(app_pool(&file, true).await)
        .await
        .unwrap();
    let error = outbox.enqueue(NewCustomer::new(7)).await.unwrap_err();
    assert_eq!(error.kind(), OutboxErrorKind::ReadOnly);
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_worker_waits_for_a_locked_file_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    let pool = app_pool(&file, false).await;
    let shop = Shop::open(Outbox::sqlite_pool(pool).await.unwrap()).await;
    shop.report(NewCustomer::new(7)).await;
    let other = app_pool(&file, false).await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let worker = shop.worker().start().unwrap();
    shop.status_when(|_| !worker.health().database).await;
    assert!(!worker.health().is_ok());
    lock.rollback().await.unwrap();
    shop.status_when(Status::is_drained).await;
    assert!(worker.health().is_ok());
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
}

/// Looking through a million receipts takes a while, and the app must be able to write meanwhile.
#[tokio::test]
async fn old_receipts_are_looked_for_without_a_lock() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("app.db");
    let pool = app_pool(&file, false).await;
    let shop = Shop::open(Outbox::sqlite_pool(pool).await.unwrap()).await;
    shop.report(NewCustomer::new(7)).await;
    shop.deliver().await;
    let other = app_pool(&file, false).await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let hour = Duration::from_secs(60 * 60);
    assert_eq!(shop.outbox.prune(hour).await.unwrap(), 0);
    let error = shop.outbox.prune(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), OutboxErrorKind::Busy);
    lock.rollback().await.unwrap();
    assert_eq!(shop.outbox.prune(Duration::ZERO).await.unwrap(), 1);
}

/// What the documents tell whoever has restored a backup.
const AFTER_A_RESTORE: &str =
    "UPDATE partnero_outbox SET sent_at = 1 WHERE state = 'due' AND kind <> 'customer'";

#[tokio::test]
async fn a_restored_backup_pays_nothing_again_after_the_statement_of_the_documents() {
    let documents = include_str!("../../src/delivery/outbox.md");
    assert!(documents.contains(AFTER_A_RESTORE));
    let directory = tempfile::tempdir().unwrap();
    let pool = app_pool(&directory.path().join("app.db"), false).await;
    let shop = Shop::open(Outbox::sqlite_pool(pool.clone()).await.unwrap()).await;
    shop.switch(UnreferredSale::Recorded);
    shop.report(NewCustomer::new("ben")).await;
    for order in ["o-1", "o-2"] {
        shop.report(sale(order, "ben")).await;
    }
    let backup = directory.path().join("backup.db");
    let copy = sqlx::query("VACUUM INTO $1").bind(backup.to_str().unwrap());
    copy.execute(&pool).await.unwrap();
    shop.deliver().await;

    let pool = app_pool(&backup, false).await;
    sqlx::query(AFTER_A_RESTORE).execute(&pool).await.unwrap();
    let outbox = Outbox::sqlite_pool(pool).await.unwrap();
    let restored = Shop { outbox, ..shop };
    assert_eq!(restored.deliver().await.dead, 0);
    for order in ["o-1", "o-2"] {
        assert_eq!(restored.recorded(order), 1, "{order}");
    }
}

#[cfg(postgres)]
mod postgres {
    use super::*;
    use crate::support::postgres;

    #[tokio::test]
    async fn a_cut_connection_ends_the_transaction_and_not_the_worker() {
        let pool = postgres("a_cut_connection_ends_the_transaction_and_not_the_worker").await;
        let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
        let worker = shop.worker().start().unwrap();
        let mut transaction = pool.begin().await.unwrap();
        let own: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        shop.outbox
            .enqueue_in(&mut transaction, sale("o-1", "7"))
            .await
            .unwrap();
        let cut = sqlx::query("SELECT pg_terminate_backend($1)").bind(own);
        cut.execute(&pool).await.unwrap();
        let error = shop
            .outbox
            .enqueue_in(&mut transaction, sale("o-2", "7"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), OutboxErrorKind::Unavailable);
        assert!(error.is_retryable());
        drop(transaction);
        // Nothing of the transaction was written, and the next one works.
        assert_eq!(shop.outbox.status().await.unwrap().pending, 0);
        shop.report(NewCustomer::new(7)).await;
        shop.status_when(Status::is_drained).await;
        assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
    }
}
