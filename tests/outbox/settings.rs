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

/// The client of the shop waits 300 ms for an answer.
#[tokio::test]
async fn the_bounds_of_the_settings_are_where_the_docs_say() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const SECOND: Duration = Duration::from_secs(1);
    let shop = Shop::open(Outbox::memory()).await;
    let timeout = Duration::from_millis(300);
    for (builder, refused) in [
        (shop.worker().look_up_after(timeout), Some("look_up_after")),
        (
            shop.worker().look_up_after(SECOND).lease(SECOND),
            Some("lease"),
        ),
        (shop.worker().retries(SECOND, SECOND / 2), Some("retries")),
        (
            shop.worker().retries(Duration::ZERO, SECOND),
            Some("retries"),
        ),
        (shop.worker().lease(DAY), None),
        (shop.worker().retries(SECOND, SECOND), None),
        (shop.worker().retries(SECOND, 14 * DAY), None),
    ] {
        let started = builder.start();
        let error = started.as_ref().err().map(ToString::to_string);
        let is_about = |setting| error.as_ref().is_some_and(|error| error.contains(setting));
        assert_eq!(refused.is_some(), error.is_some(), "{error:?}");
        assert!(refused.is_none_or(is_about), "{error:?}");
        if let Ok(worker) = started {
            worker.stop(SECOND).await;
        }
    }
}
