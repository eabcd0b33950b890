//! Another connection keeps a lock.

use std::time::{Duration, Instant};

use http::Method;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{DeliveryWorker, Outbox};
use tower_partnero::sandbox::Fault;

use crate::support::Shop;

/// A worker that is delivering Ben's sign-up. Partnero's answer comes a moment later.
async fn amid_a_sign_up(shop: &Shop) -> DeliveryWorker {
    let slow = Fault::delay(Duration::from_millis(250)).on(Method::POST, "/v1/customers");
    shop.sandbox.inject(slow.mentioning("ben"));
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().lease(Duration::from_secs(20));
    let worker = worker.start().unwrap();
    shop.status_when(|_| shop.calls("POST /v1/customers") == 1)
        .await;
    worker
}

#[tokio::test]
async fn a_stop_keeps_its_deadline_while_the_file_is_locked() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("outbox.db");
    let shop = Shop::open(Outbox::sqlite(&file).await.unwrap()).await;
    let worker = amid_a_sign_up(&shop).await;
    let other = SqlitePoolOptions::new().connect_with(SqliteConnectOptions::new().filename(&file));
    let other = other.await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let begun = Instant::now();
    assert_eq!(worker.stop(Duration::from_millis(200)).await, 1);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    lock.rollback().await.unwrap();
}

#[cfg(postgres)]
mod postgres {
    use tower_partnero::delivery::Status;

    use super::*;
    use crate::support::{postgres, sale};

    #[tokio::test]
    async fn one_locked_row_holds_up_nobody_else() {
        let pool = postgres("one_locked_row_holds_up_nobody_else").await;
        let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
        let worker = amid_a_sign_up(&shop).await;
        let mut other = pool.begin().await.unwrap();
        sqlx::query("SELECT id FROM partnero_outbox WHERE key = 'ben' FOR SHARE")
            .fetch_all(&mut *other)
            .await
            .unwrap();
        // Partnero has answered, and the worker cannot write it.
        tokio::time::sleep(Duration::from_millis(500)).await;
        for number in 0..10 {
            shop.report(NewCustomer::new(number)).await;
        }
        shop.status_when(|status| status.pending == 1).await;
        assert!(shop.knows("9") && worker.health().is_ok());
        // Once the lock is released, it is written.
        other.rollback().await.unwrap();
        shop.status_when(Status::is_drained).await;
        assert_eq!(shop.calls("POST /v1/customers"), 11);
        assert_eq!(worker.stop(Duration::from_secs(1)).await, 0);
    }

    /// Before a sale is sent, the row of its customer is read.
    #[tokio::test]
    async fn who_waits_for_a_locked_row_holds_up_nobody_else() {
        let pool = postgres("who_waits_for_a_locked_row_holds_up_nobody_else").await;
        let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
        let refusal = Fault::status(422).on(Method::POST, "/v1/customers");
        shop.sandbox.inject(refusal.mentioning("ben"));
        shop.report(NewCustomer::new("ben")).await;
        shop.deliver().await;
        let mut other = pool.begin().await.unwrap();
        sqlx::query("UPDATE partnero_outbox SET last_answer = '' WHERE key = 'ben'")
            .execute(&mut *other)
            .await
            .unwrap();
        shop.report(sale("o-1", "ben")).await;
        let worker = shop.worker().lease(Duration::from_secs(20));
        let worker = worker.start().unwrap();
        for number in 0..10 {
            shop.report(NewCustomer::new(number)).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        shop.status_when(|status| status.pending == 1).await;
        assert!(shop.knows("9"));
        other.rollback().await.unwrap();
        shop.status_when(|status| status.held == 1).await;
        assert_eq!(worker.stop(Duration::from_secs(1)).await, 0);
    }
}
