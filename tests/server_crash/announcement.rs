//! A crash of the server does not lose the note that a sale is being sent.

use std::time::Duration;

use http::Method;
use sqlx::postgres::PgPool;
use tower_partnero::client::{Amount, Money};
use tower_partnero::delivery::{DeliveryWorker, DeliveryWorkerBuilder, Outbox, Sale, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::UnreferredSale;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use crate::server::Server;

const KEY: &str = "o-1";

fn worker(sandbox: &Sandbox, outbox: &Outbox) -> DeliveryWorkerBuilder {
    let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
        .base_url(sandbox.base_url())
        .timeout(Duration::from_millis(300))
        .retries(0)
        .build()
        .unwrap();
    DeliveryWorker::builder(outbox.clone(), client)
        .poll(Duration::from_millis(10))
        .look_up_after(Duration::from_millis(800))
        .lease(Duration::from_secs(5))
        .retries(Duration::from_millis(20), Duration::from_millis(100))
        .probes(Duration::from_millis(20), Duration::from_millis(100))
}

fn sold(sandbox: &Sandbox) -> usize {
    let sales = sandbox.transactions();
    let of_key = sales.iter().filter(|sale| sale.key.as_deref() == Some(KEY));
    of_key.count()
}

/// Waits for a server that has just been started.
async fn sent_at(pool: &PgPool) -> Option<i64> {
    loop {
        let sent_at = sqlx::query_scalar("SELECT sent_at FROM partnero_outbox WHERE key = $1");
        match sent_at.bind(KEY).fetch_one(pool).await {
            Ok(sent_at) => return sent_at,
            Err(sqlx::Error::RowNotFound) => panic!("the server has forgotten the sale itself"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// The app turns `synchronous_commit` off, and the outbox turns it on for its own transactions.
#[tokio::test]
async fn a_crash_forgets_no_sale_that_is_being_sent() {
    let server = Server::take("a_crash_forgets_no_sale_that_is_being_sent").await;
    // The server's own WAL writer would soon write the commits to the disk.
    server.alter("SET wal_writer_delay = '10s'").await;
    let forgetful = server
        .options
        .clone()
        .options([("synchronous_commit", "off")]);
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.switch(UnreferredSale::Recorded);
    // This pool has `synchronous_commit` on, so the report is on the disk.
    let outbox = Outbox::postgres(server.pool.clone()).await.unwrap();
    outbox.enqueue(NewCustomer::new("ben")).await.unwrap();
    let price = Money::currency(Amount::major("19.90").unwrap(), "EUR");
    outbox.enqueue(Sale::new(KEY, "ben", price)).await.unwrap();
    let forgetful = PgPool::connect_with(forgetful).await.unwrap();
    let outbox = Outbox::postgres(forgetful).await.unwrap();
    let hangs = Fault::hang_after().on(Method::POST, "/v1/transactions");
    sandbox.inject(hangs.times(1));

    let doomed = worker(&sandbox, &outbox).start().unwrap();
    while sold(&sandbox) == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    server.crash();
    // The process ends, too, with all that it knows.
    drop(doomed);
    let sent_at = sent_at(&server.pool).await;

    let next = worker(&sandbox, &outbox).start().unwrap();
    let drained = async {
        while !outbox.status().await.as_ref().is_ok_and(Status::is_drained) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let drained = tokio::time::timeout(Duration::from_secs(30), drained).await;
    next.stop(Duration::from_secs(1)).await;
    server.alter("RESET wal_writer_delay").await;
    assert!(drained.is_ok(), "{:?}", outbox.status().await);
    assert_eq!((sent_at.is_some(), sold(&sandbox)), (true, 1));
}
