//! The database's clock jumps.

use std::path::Path;
use std::time::Duration;

use http::Method;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};
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

/// A sale in doubt is looked up, and that takes long. Meanwhile the clock jumps, and the lease is over.
async fn a_clock_that_jumps_amid_a_look_up_pays_nothing_twice<J>(
    shop: Shop,
    jump: impl FnOnce() -> J,
) where
    J: Future<Output = ()>,
{
    const SLOW: Duration = Duration::from_millis(900);
    const TIMEOUT: Duration = Duration::from_secs(1);
    shop.switch(UnreferredSale::Recorded);
    shop.report(NewCustomer::new("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    let post = |fault: Fault| fault.on(Method::POST, "/v1/transactions").times(1);
    shop.sandbox.inject(post(Fault::cut_before()));
    let look_up = Fault::delay(SLOW).on(Method::GET, "/v1/transactions");
    shop.sandbox.inject(look_up.times(1));
    let shop = shop.with_timeout(TIMEOUT);
    let worker = shop.worker().start().unwrap();
    while shop.calls("GET /v1/transactions") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    jump().await;
    // The next sale, whoever sends it, arrives as late as a request can.
    shop.sandbox.inject(post(Fault::delay(SLOW)));
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    tokio::time::sleep(SLOW).await;
    assert_eq!(shop.recorded("o-1"), 1);
}

/// The client has given a sale up that arrives later, and the worker stops. Then the clock jumps, and the
/// next worker does not know it.
async fn a_clock_that_jumps_between_two_workers_pays_nothing_twice<J>(
    shop: Shop,
    jump: impl FnOnce() -> J,
) where
    J: Future<Output = ()>,
{
    shop.switch(UnreferredSale::Recorded);
    shop.report(NewCustomer::new("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    let late = Fault::delay(Duration::from_secs(2));
    let late = late.on(Method::POST, "/v1/transactions");
    shop.sandbox.inject(late.times(1));
    let worker = || shop.worker().look_up_after(Duration::from_secs(3));
    let first = worker().start().unwrap();
    while shop.calls("POST /v1/transactions") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.recorded("o-1"), 0);
    jump().await;
    let second = worker().start().unwrap();
    shop.status_when(Status::is_drained).await;
    second.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.calls("POST /v1/transactions"), 1);
    assert_eq!(shop.recorded("o-1"), 1);
}

/// What the clock's jump does to a table, and that table.
macro_rules! on_each_engine {
    ($($case:ident => $sqlite:ident, $postgres:ident;)+) => {$(
        #[tokio::test]
        async fn $sqlite() {
            let directory = tempfile::tempdir().unwrap();
            let (shop, pool) = in_sqlite(directory.path()).await;
            let jump = || async { sqlx::raw_sql(JUMP).execute(&pool).await.map(drop).unwrap() };
            $case(shop, jump).await;
        }

        #[cfg(postgres)]
        #[tokio::test]
        async fn $postgres() {
            let pool = crate::support::postgres(stringify!($postgres)).await;
            let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
            let jump = || async { sqlx::raw_sql(JUMP).execute(&pool).await.map(drop).unwrap() };
            $case(shop, jump).await;
        }
    )+};
}

on_each_engine! {
    a_clock_that_jumps_amid_a_sale_pays_nothing_twice =>
        a_clock_that_jumps_in_sqlite, a_clock_that_jumps_in_postgres;
    a_clock_that_jumps_amid_a_look_up_pays_nothing_twice =>
        a_clock_that_jumps_amid_a_look_up_in_sqlite, a_clock_that_jumps_amid_a_look_up_in_postgres;
    a_clock_that_jumps_between_two_workers_pays_nothing_twice =>
        a_clock_that_jumps_between_two_workers_in_sqlite,
        a_clock_that_jumps_between_two_workers_in_postgres;
}

async fn in_sqlite(directory: &Path) -> (Shop, SqlitePool) {
    let options = SqliteConnectOptions::new()
        .filename(directory.join("app.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let shop = Shop::open(Outbox::sqlite_pool(pool.clone()).await.unwrap()).await;
    (shop, pool)
}

/// The client has given a sale up that arrives later, and has written down how long to wait before it is
/// looked up. Then the clock jumps past that time. Only here a test can set the database's clock.
#[cfg(postgres)]
#[tokio::test]
async fn a_clock_that_jumps_before_a_retry_in_postgres() {
    use sqlx::postgres::PgPool;

    let plain = crate::support::postgres("a_clock_that_jumps_before_a_retry").await;
    let schema: String = sqlx::query_scalar("SELECT current_schema()")
        .fetch_one(&plain)
        .await
        .unwrap();
    let options = plain.connect_options().as_ref().clone();
    let own_first = format!("{schema},pg_catalog");
    let pool = PgPool::connect_with(options.options([("search_path", own_first)]));
    let pool = pool.await.unwrap();
    let run = async |statement: &'static str| {
        sqlx::raw_sql(statement)
            .execute(&pool)
            .await
            .map(drop)
            .unwrap();
    };
    run(
        "CREATE TABLE clock (ahead INTERVAL NOT NULL); INSERT INTO clock VALUES ('0'); \
        CREATE FUNCTION statement_timestamp() RETURNS TIMESTAMPTZ LANGUAGE sql STABLE AS \
        'SELECT pg_catalog.statement_timestamp() + ahead FROM clock'",
    )
    .await;

    let shop = Shop::open(Outbox::postgres(pool.clone()).await.unwrap()).await;
    shop.switch(UnreferredSale::Recorded);
    shop.report(NewCustomer::new("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    let late = Fault::delay(Duration::from_millis(900));
    let late = late.on(Method::POST, "/v1/transactions");
    shop.sandbox.inject(late.times(1));
    let worker = shop.worker().look_up_after(Duration::from_secs(1));
    let worker = worker.start().unwrap();
    let given_up = || async {
        let tries = "SELECT COUNT(*) FROM partnero_outbox WHERE key = 'o-1' AND failing_ms >= 0";
        let tries = sqlx::query_scalar::<_, i64>(tries).fetch_one(&pool);
        tries.await.unwrap() == 1
    };
    while !given_up().await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    run("UPDATE clock SET ahead = '10 minutes'").await;
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.calls("POST /v1/transactions"), 1);
    assert_eq!(shop.recorded("o-1"), 1);
}
