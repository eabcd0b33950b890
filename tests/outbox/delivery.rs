//! What is enqueued arrives, once, and leaves a receipt.

use std::time::Duration;

use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Credit, Enqueued, Refund, Status};
use tower_partnero::sandbox::Fault;

use crate::support::{Shop, euros, every_engine, friend, sale};

every_engine! {
    a_sign_up_and_its_sales_arrive,
    a_delivered_key_is_not_reported_again,
    an_identifier_that_comes_again_is_sent_again,
    a_row_written_while_the_worker_is_idle_is_taken_at_once,
    stopping_finishes_what_is_under_way,
    stopping_gives_back_what_takes_too_long,
    stopping_begins_no_further_report_of_a_customer,
    a_credit_arrives,
}

async fn a_sign_up_and_its_sales_arrive(shop: Shop) {
    shop.anna().await;
    shop.report(friend("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    shop.report(sale("o-2", "ben")).await;
    shop.report(Refund::new("o-1", "ben")).await;
    let status = shop.deliver().await;
    assert_eq!((status.dead, status.held), (0, 0));
    assert_eq!(shop.referrer_of("ben"), Some("anna".to_owned()));
    assert_eq!((shop.recorded("o-1"), shop.recorded("o-2")), (0, 1));
    let transaction = shop.sandbox.transactions().remove(0);
    assert_eq!(transaction.amount.amount, "19.9");
    assert_eq!(transaction.amount.amount_units, "EUR");
}

async fn a_delivered_key_is_not_reported_again(shop: Shop) {
    shop.anna().await;
    shop.report(friend("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    shop.deliver().await;
    let again = shop.outbox.enqueue(sale("o-1", "ben")).await.unwrap();
    assert_eq!(again, Enqueued::Repeated);
    shop.deliver().await;
    assert_eq!(shop.recorded("o-1"), 1);
}

/// A database may give the identifier of a deleted user to the next one.
async fn an_identifier_that_comes_again_is_sent_again(shop: Shop) {
    shop.anna().await;
    shop.report(NewCustomer::new("2").email("ben@shop.example"))
        .await;
    shop.deliver().await;
    shop.client.customers().delete("2").await.unwrap();
    let carla = || friend("2").email("carla@shop.example");
    let enqueued = shop.outbox.enqueue(carla()).await.unwrap();
    assert_eq!(enqueued, Enqueued::Again);
    let enqueued = shop.outbox.enqueue(carla()).await.unwrap();
    assert_eq!(enqueued, Enqueued::Repeated);
    shop.report(sale("o-1", "2")).await;
    shop.deliver().await;
    assert_eq!(shop.referrer_of("2"), Some("anna".to_owned()));
    assert_eq!(shop.recorded("o-1"), 1);

    // The same person once more: Partnero has the customer, and nothing changes there.
    let enqueued = shop.outbox.enqueue(carla()).await.unwrap();
    assert_eq!(enqueued, Enqueued::Again);
    assert_eq!(shop.deliver().await.dead, 0);
    assert_eq!(shop.recorded("o-1"), 1);
}

async fn a_row_written_while_the_worker_is_idle_is_taken_at_once(shop: Shop) {
    let worker = shop.worker().poll(Duration::from_secs(60)).start().unwrap();
    // The worker has looked once and now sleeps for a minute, unless it is woken.
    shop.status_when(|_| worker.health().is_ok()).await;
    shop.report(NewCustomer::new("ben")).await;
    shop.status_when(Status::is_drained).await;
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
}

async fn stopping_finishes_what_is_under_way(shop: Shop) {
    shop.sandbox
        .inject(Fault::delay(Duration::from_millis(100)));
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(|_| worker.health().in_flight == 1).await;
    assert_eq!(worker.stop(Duration::from_secs(5)).await, 0);
    assert!(shop.outbox.status().await.unwrap().is_drained());
    assert_eq!(shop.referrer_of("ben"), None);
}

async fn stopping_gives_back_what_takes_too_long(shop: Shop) {
    shop.sandbox
        .inject(Fault::delay(Duration::from_millis(250)).times(1));
    shop.report(NewCustomer::new("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(|_| shop.calls("POST /v1/customers") == 1)
        .await;
    assert_eq!(worker.stop(Duration::ZERO).await, 1);
    // Not leased any more: the next worker need not wait for the lease to end.
    let started = std::time::Instant::now();
    shop.deliver().await;
    assert!(started.elapsed() < Duration::from_secs(4));
    assert_eq!(shop.referrer_of("ben"), None);
}

async fn stopping_begins_no_further_report_of_a_customer(shop: Shop) {
    shop.anna().await;
    shop.report(friend("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(Status::is_drained).await;
    shop.sandbox
        .inject(Fault::delay(Duration::from_millis(100)));
    for number in 0..20 {
        shop.report(sale(&format!("o-{number}"), "ben")).await;
    }
    shop.status_when(|_| shop.calls("POST /v1/transactions") > 0)
        .await;
    assert_eq!(worker.stop(Duration::from_secs(10)).await, 0);
    assert!(shop.outbox.status().await.unwrap().pending > 10);
}

async fn a_credit_arrives(shop: Shop) {
    shop.anna().await;
    shop.report(friend("ben")).await;
    shop.report(sale("o-1", "ben")).await;
    shop.report(Credit::new("c-1", "anna", euros("1"))).await;
    shop.switch(tower_partnero::sandbox::switches::CreditDirection::Adds);
    assert_eq!(shop.deliver().await.dead, 0);
    assert_eq!(shop.calls("POST /v1/customers/anna/balance/credit"), 1);
}
