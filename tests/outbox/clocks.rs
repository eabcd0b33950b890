//! The database's clock jumps.

use std::time::Duration;

use http::Method;
use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::UnreferredSale;

use crate::support::{Shop, sale};

/// What the rows look like when the clock has jumped forward by ten minutes.
const JUMP: &str = "UPDATE partnero_outbox SET due_at = due_at - 600000, \
    created_at = created_at - 600000, sent_at = sent_at - 600000";

/// A sale is on its way to Partnero, and its lease is over before its answer is there.
async fn a_clock_that_jumps_amid_a_sale_pays_nothing_twice<J>(shop: Shop, jump: impl FnOnce() -> J)
where
    J: Future<Output = ()>,
{
    shop.switch(UnreferredSale::Recorded);
    shop.report(NewCustomer::new("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    let slow = Fault::delay(Duration::from_millis(500));
    let slow = slow.on(Method::POST, "/v1/transactions");
    shop.sandbox.inject(slow.times(1));
    // The client gives up sooner, and the sale arrives all the same.
    let worker = shop.worker().look_up_after(Duration::from_secs(2));
    let worker = worker.start().unwrap();
    while shop.calls("POST /v1/transactions") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    jump().await;
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.calls("POST /v1/transactions"), 1);
    assert_eq!(shop.recorded("o-1"), 1);
}

#[tokio::test]
async fn a_clock_that_jumps_in_sqlite() {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};

    let directory = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("app.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let shop = Shop::open(Outbox::sqlite_pool(pool.clone()).await.unwrap()).await;
    let jump = || async { sqlx::raw_sql(JUMP).execute(&pool).await.map(drop).unwrap() };
    a_clock_that_jumps_amid_a_sale_pays_nothing_twice(shop, jump).await;
}

#[cfg(postgres)]
#[tokio::test]
async fn a_clock_that_jumps_in_postgres() {
    let pool = crate::support::postgres("a_clock_that_jumps_in_postgres").await;
    let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
    let jump = || async { sqlx::raw_sql(JUMP).execute(&pool).await.map(drop).unwrap() };
    a_clock_that_jumps_amid_a_sale_pays_nothing_twice(shop, jump).await;
}
