//! Settings that cannot work are refused when the worker starts.

use std::time::Duration;

use tower_partnero::NewCustomer;
use tower_partnero::delivery::{Outbox, Status};

use crate::support::Shop;

#[tokio::test]
async fn a_length_of_time_without_end_is_refused() {
    const MAX: Duration = Duration::MAX;
    let shop = Shop::open(Outbox::memory()).await;
    for (builder, setting) in [
        (shop.worker().lease(MAX), "lease"),
        (shop.worker().retries(MAX, MAX), "retries"),
        (
            shop.worker().retries(Duration::from_secs(1), MAX),
            "retries",
        ),
        (shop.worker().probes(MAX, MAX), "probes"),
    ] {
        let error = builder.start().unwrap_err();
        assert!(error.to_string().contains(setting), "{error}");
    }
}

#[tokio::test]
async fn what_only_ends_later_may_last_for_ever() {
    const MAX: Duration = Duration::MAX;
    let shop = Shop::open(Outbox::memory()).await;
    let worker = shop.worker().poll(MAX).pause_lag(MAX);
    let worker = worker
        .give_up_after(MAX)
        .referrer_grace(MAX)
        .start()
        .unwrap();
    shop.report(NewCustomer::new("ben")).await;
    shop.status_when(Status::is_drained).await;
    assert_eq!(worker.stop(MAX).await, 0);
    assert!(shop.knows("ben"));
}
