//! A Partnero that fails: pauses of the whole fleet, and rows that fail alone.

use std::time::Duration;

use http::Method;
use http::header::RETRY_AFTER;
use tower_partnero::delivery::{DeliveryWorker, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::ReferrerEcho;
use tower_partnero::{ApiKey, Client, NewCustomer};

use crate::support::{Shop, every_engine, friend, sale};

every_engine! {
    a_429_pauses_everybody_for_as_long_as_it_says,
    a_429_pauses_everybody_even_where_the_report_arrives,
    what_a_pause_holds_back_waits_no_longer_than_that,
    reports_of_several_calls_get_through_a_limit,
    an_outage_pauses_everybody_and_one_probe_ends_it,
    a_wrong_api_key_kills_nothing,
    one_poisonous_row_stops_nobody_else,
    many_rows_that_always_fail_pause_nobody,
    an_outage_amid_rows_that_always_fail_pauses_everybody,
    what_is_never_taken_is_given_up_by_age,
    what_was_refused_for_long_outlives_an_outage,
    a_503_that_asks_to_wait_is_heeded_by_everybody,
    a_sale_that_is_never_answered_is_given_up_by_age,
}

async fn a_429_pauses_everybody_for_as_long_as_it_says(shop: Shop) {
    let busy = Fault::status(429).header(RETRY_AFTER, 1).times(1);
    shop.sandbox.inject(busy);
    shop.report(NewCustomer::new("first")).await;
    let worker = shop.worker().start().unwrap();
    let status = shop.status_when(|status| status.paused_for.is_some()).await;
    assert!(status.paused_because.unwrap().contains("429"));
    for id in ["a", "b", "c"] {
        shop.report(NewCustomer::new(id)).await;
    }
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    let requests = shop.sandbox.requests();
    let waited = requests[1]
        .received_at
        .duration_since(requests[0].received_at)
        .unwrap();
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    assert_eq!(requests[1].path, "/v1/test");
    assert_eq!(shop.sandbox.customers().len(), 4);
}

/// The customer is created. Only the look-up of its recorded referrer gets the 429, which is no failure.
async fn a_429_pauses_everybody_even_where_the_report_arrives(shop: Shop) {
    shop.anna().await;
    shop.switch(ReferrerEcho::Id);
    let busy = Fault::status(429).header(RETRY_AFTER, 1).times(1);
    shop.sandbox.inject(busy.on(Method::GET, "/v1/customers"));
    shop.report(friend("ben")).await;
    let worker = shop.worker().start().unwrap();
    shop.status_when(|status| status.paused_for.is_some()).await;
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.referrer_of("ben").as_deref(), Some("anna"));
}

/// Each report takes two calls, and one call in twenty is refused. If as many reports began again
/// after each pause, none of them would get to its second call.
async fn reports_of_several_calls_get_through_a_limit(shop: Shop) {
    let ids: Vec<_> = (0..40).map(|number| format!("user-{number}")).collect();
    for id in &ids {
        shop.report(NewCustomer::new(id)).await;
    }
    shop.deliver().await;
    // Reported again, each customer is refused as a duplicate and then looked up.
    for id in &ids {
        shop.report(NewCustomer::new(id)).await;
    }
    shop.sandbox
        .inject(Fault::status(429).header(RETRY_AFTER, 0).every(20));
    // The calls of one moment are all under way before the first one is answered.
    shop.sandbox.inject(Fault::delay(Duration::from_millis(30)));
    let worker = shop.worker().start().unwrap();
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
}

/// A report that waits until another call has ended is not sent if that call gets a 429. It was not
/// tried, so it waits only until the pause ends.
async fn what_a_pause_holds_back_waits_no_longer_than_that(shop: Shop) {
    const LONG: Duration = Duration::from_secs(60 * 60);
    let busy = Fault::status(429).header(RETRY_AFTER, 1).times(1);
    shop.sandbox.inject(busy);
    for id in ["a", "b", "c", "d"] {
        shop.report(NewCustomer::new(id)).await;
    }
    let one_at_a_time = Client::builder(ApiKey::new(shop.sandbox.api_key()).unwrap())
        .base_url(shop.sandbox.base_url())
        .timeout(Duration::from_millis(300))
        .concurrency(1)
        .build()
        .unwrap();
    let worker = DeliveryWorker::builder(shop.outbox.clone(), one_at_a_time)
        .retries(LONG, LONG)
        .start()
        .unwrap();
    shop.status_when(|status| status.pending == 1).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.sandbox.customers().len(), 3);
}

async fn an_outage_pauses_everybody_and_one_probe_ends_it(shop: Shop) {
    shop.sandbox.inject(Fault::status(503));
    for number in 0..20 {
        shop.report(NewCustomer::new(number)).await;
    }
    let worker = shop.worker().start().unwrap();
    shop.status_when(|_| shop.calls("GET /v1/test") >= 3).await;
    assert!(worker.health().paused && worker.health().is_ok());
    // While the fleet pauses, nothing but the probe is sent.
    let tries = shop.calls("POST");
    let probes = shop.calls("GET /v1/test");
    shop.status_when(|_| shop.calls("GET /v1/test") > probes + 2)
        .await;
    assert_eq!(shop.calls("POST"), tries);
    shop.sandbox.clear_faults();
    shop.status_when(Status::is_drained).await;
    assert!(!worker.health().paused);
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.sandbox.customers().len(), 20);
}

async fn a_wrong_api_key_kills_nothing(shop: Shop) {
    shop.sandbox.inject(Fault::status(401));
    for number in 0..5 {
        shop.report(NewCustomer::new(number)).await;
    }
    let worker = shop.worker().start().unwrap();
    shop.status_when(|status| status.paused_for.is_some()).await;
    shop.sandbox.clear_faults();
    let status = shop.status_when(Status::is_drained).await;
    assert_eq!(status.dead, 0);
    worker.stop(Duration::from_secs(5)).await;
}

async fn one_poisonous_row_stops_nobody_else(shop: Shop) {
    // An answer that came too late would count as a failure of another customer.
    let shop = shop.with_timeout(Duration::from_secs(10));
    shop.sandbox.inject(Fault::status(500).mentioning("poison"));
    shop.report(NewCustomer::new("poison")).await;
    for number in 0..20 {
        shop.report(NewCustomer::new(number)).await;
    }
    let worker = shop.worker().start().unwrap();
    let status = shop.status_when(|status| status.pending == 1).await;
    assert_eq!((status.dead, status.paused_for), (0, None));
    assert_eq!(shop.sandbox.customers().len(), 20);
    shop.status_when(|_| worker.health().delivered == 20).await;
    worker.stop(Duration::from_secs(5)).await;
    // One customer is no outage, so Partnero was not probed.
    assert_eq!(shop.calls("GET /v1/test"), 0);
}

/// Reports that Partnero answers with 500, and sign-ups of honest people behind them.
async fn honest_ones_behind_bots(shop: &Shop) {
    shop.sandbox.inject(Fault::status(500).mentioning("bot-"));
    for number in 0..40 {
        shop.report(NewCustomer::new(format!("bot-{number}"))).await;
    }
    for number in 0..20 {
        shop.report(NewCustomer::new(number)).await;
    }
}

async fn many_rows_that_always_fail_pause_nobody(shop: Shop) {
    const LONG: Duration = Duration::from_secs(60 * 60);
    honest_ones_behind_bots(&shop).await;
    let worker = shop.worker().probes(LONG, LONG).start().unwrap();
    let status = shop.status_when(|status| status.pending == 40).await;
    assert_eq!((status.dead, status.paused_for), (0, None));
    // Nor later, when they are tried again and again.
    let tries = shop.calls("POST");
    shop.status_when(|_| shop.calls("POST") > tries + 200).await;
    shop.report(NewCustomer::new("late")).await;
    let status = shop.status_when(|status| status.pending == 40).await;
    assert_eq!(status.paused_for, None);
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.sandbox.customers().len(), 21);
}

async fn an_outage_amid_rows_that_always_fail_pauses_everybody(shop: Shop) {
    const LONG: Duration = Duration::from_secs(60 * 60);
    // An honest report whose answer came too late would be tried again after an hour.
    let shop = shop.with_timeout(Duration::from_secs(10));
    honest_ones_behind_bots(&shop).await;
    let worker = shop.worker().retries(LONG, LONG).probes(LONG, LONG);
    let worker = worker.start().unwrap();
    shop.status_when(|status| status.pending == 40).await;
    let (tries, probes) = (shop.calls("POST"), shop.calls("GET /v1/test"));
    // A probe is answered sooner than a report, so few reports are begun while it is under way.
    let slow = Fault::status(503).delayed(Duration::from_millis(100));
    shop.sandbox.inject(slow.on(Method::POST, "/v1/customers"));
    shop.sandbox.inject(Fault::status(503));
    for number in 100..400 {
        shop.report(NewCustomer::new(number)).await;
    }
    shop.status_when(|status| status.paused_for.is_some()).await;
    worker.stop(Duration::from_secs(5)).await;
    // Each probe that succeeded doubles the three customers who must fail before the next. By then
    // there may be a call in each of the 32 lanes, and during the probe each lane may begin another.
    let most = (3 << probes) + 2 * 32;
    let tries = shop.calls("POST") - tries;
    assert!(tries <= most, "{tries} calls after {probes} probes");
}

async fn what_is_never_taken_is_given_up_by_age(shop: Shop) {
    shop.sandbox.inject(Fault::status(500).mentioning("poison"));
    shop.report(NewCustomer::new("poison")).await;
    // A slow machine needs a part of it for each attempt.
    let age = Duration::from_secs(2);
    let worker = shop.worker().give_up_after(age);
    let worker = worker.start().unwrap();
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    let letter = shop.dead().await.remove(0);
    assert_eq!(letter.reason, "too_old");
    assert!(letter.attempts > 2, "{letter:?}");
    let tried = letter.died_at.duration_since(letter.enqueued_at).unwrap();
    assert!(tried >= age, "{letter:?}");
}

/// It is never given up because of an attempt that Partnero did not answer.
async fn what_was_refused_for_long_outlives_an_outage(shop: Shop) {
    let refusal = || Fault::status(500).mentioning("poison");
    shop.sandbox.inject(refusal().times(1));
    shop.sandbox
        .inject(Fault::cut_before().mentioning("poison").times(1));
    shop.sandbox.inject(refusal());
    shop.report(NewCustomer::new("poison")).await;
    let worker = shop.worker().give_up_after(Duration::from_millis(1));
    let worker = worker.start().unwrap();
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.dead().await.remove(0).attempts, 3);
}

async fn a_503_that_asks_to_wait_is_heeded_by_everybody(shop: Shop) {
    shop.sandbox
        .inject(Fault::status(503).header(RETRY_AFTER, 60));
    for number in 0..10 {
        shop.report(NewCustomer::new(number)).await;
    }
    let worker = shop.worker().start().unwrap();
    shop.status_when(|status| {
        status
            .paused_for
            .is_some_and(|shut| shut > Duration::from_secs(1))
    })
    .await;
    worker.stop(Duration::from_secs(1)).await;
    assert_eq!(shop.calls("GET /v1/test"), 0);
}

/// Partnero answers the look-ups of the sale, so this is no outage.
async fn a_sale_that_is_never_answered_is_given_up_by_age(shop: Shop) {
    shop.anna().await;
    shop.report(friend("ben")).await;
    shop.deliver().await;
    let hangs = Fault::delay(Duration::from_secs(60)).on(Method::POST, "/v1/transactions");
    shop.sandbox.inject(hangs);
    shop.report(sale("o-1", "ben")).await;
    let worker = shop.worker().give_up_after(Duration::from_millis(500));
    let worker = worker.start().unwrap();
    shop.status_when(Status::is_drained).await;
    worker.stop(Duration::from_secs(5)).await;
    assert_eq!(shop.dead().await.remove(0).reason, "too_old");
}
