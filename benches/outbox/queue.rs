//! How one customer with many reports is served, and the others beside.

use std::time::{Duration, Instant};

use tower_partnero::delivery::DeliveryWorker;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use super::growth::{FAILING, sales};
use super::partnero::Partnero;
use super::places::{Engine, Place};
use super::{expect, fairness};
use crate::Failure;
use crate::harness::{Options, median};

/// How many others sign up beside each burst, in each round.
const HONEST: usize = 30;
/// How many sign-ups arrive before the burst.
const BEFORE: usize = 20;
/// The customer whose sales arrive.
const DRAINING: &str = "ben";

/// What one customer has in the table.
#[derive(Clone, Copy)]
enum Burst {
    Nothing,
    /// So many sales behind a sign-up that Partnero answers with 500.
    Behind(usize),
    /// So many sales that arrive one after the other.
    Draining(usize),
}

/// Prints, for an engine, how long others wait beside a burst, and how fast one customer's reports
/// arrive.
pub(super) async fn table(engine: &Engine, options: &Options) -> Result<(), Failure> {
    let (behind, draining, rounds, queued) = if options.is_short() {
        (500, 200, 1, 50)
    } else {
        (50_000, 20_000, 5, 2_000)
    };
    println!("{}: one customer with many sales", engine.name());
    let bursts = [
        Burst::Nothing,
        Burst::Behind(0),
        Burst::Behind(behind),
        // Not many more than arrive while the others sign up: what the calls alone cost.
        Burst::Draining(draining / 50),
        Burst::Draining(draining),
    ];
    let mut all = vec![Vec::new(); bursts.len()];
    // The bursts take turns, so that something else on the machine slows all of them.
    for _ in 0..rounds {
        for (waits, burst) in all.iter_mut().zip(bursts) {
            waits.extend(beside(&engine.open().await?, burst).await?);
        }
    }
    let mut alone = None;
    for (waits, burst) in all.into_iter().zip(bursts) {
        let of_whom = match burst {
            Burst::Nothing => "none".to_owned(),
            Burst::Behind(0) => "a sign-up that fails".to_owned(),
            Burst::Behind(count) => format!("{count} sales behind it"),
            Burst::Draining(count) => format!("{count} sales that arrive"),
        };
        let longest = waits.iter().copied().fold(0.0, f64::max);
        let middle = median(waits);
        let ratio = middle / *alone.get_or_insert(middle);
        println!(
            "  a sign-up beside {of_whom:<28}{middle:>8.2} ms{ratio:>8.2}, longest {longest:.0} ms"
        );
    }
    let wait = between(&engine.open().await?, behind / 2).await?;
    println!(
        "  a sign-up between two such bursts of {}: {:.0} ms",
        behind / 2,
        wait.as_secs_f64() * 1e3
    );
    let rate = rate(&engine.open().await?, queued).await?;
    println!("  sales of one customer per second: {rate:.0}\n");
    Ok(())
}

/// How many milliseconds others wait beside a burst that comes while a worker runs.
async fn beside(place: &Place, burst: Burst) -> Result<Vec<f64>, Failure> {
    let partnero = Partnero::start(FAILING)?;
    let worker = DeliveryWorker::start(place.outbox.clone(), partnero.client()?)?;
    // PostgreSQL keeps a statement's plan after a few calls.
    for number in 0..BEFORE {
        let before = NewCustomer::new(format!("before-{number}"));
        place.outbox.enqueue(before).await?;
        while usize::try_from(worker.health().delivered)? <= number {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let (customer, count) = match burst {
        Burst::Nothing => ("", 0),
        Burst::Behind(count) => (FAILING, count),
        Burst::Draining(count) => (DRAINING, count),
    };
    if !customer.is_empty() {
        place.outbox.enqueue(NewCustomer::new(customer)).await?;
        place.enqueue_together(sales(customer, count)?).await?;
    }
    let waits = fairness::sign_ups(place, &partnero, HONEST).await?;
    worker.stop(Duration::from_secs(1)).await;
    expect(
        waits.len() == HONEST,
        "a sign-up beside a burst did not arrive",
    )?;
    Ok(waits)
}

/// How long after the start of a worker a sign-up arrives that stands between the sales of two failing
/// customers.
async fn between(place: &Place, count: usize) -> Result<Duration, Failure> {
    let partnero = Partnero::start(FAILING)?;
    for (failing, next) in [("a", Some("honest")), ("b", None)] {
        let failing = format!("{FAILING}-{failing}");
        place.outbox.enqueue(NewCustomer::new(&*failing)).await?;
        place.enqueue_together(sales(&failing, count)?).await?;
        if let Some(next) = next {
            place.outbox.enqueue(NewCustomer::new(next)).await?;
        }
    }
    let began = Instant::now();
    let worker = DeliveryWorker::start(place.outbox.clone(), partnero.client()?)?;
    while !partnero.arrivals().contains_key("honest") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let wait = partnero.arrivals()["honest"].saturating_duration_since(began);
    worker.stop(Duration::from_secs(1)).await;
    Ok(wait)
}

/// How many sales of one customer arrive per second.
async fn rate(place: &Place, count: usize) -> Result<f64, Failure> {
    let sandbox = Sandbox::start().await?;
    let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url());
    let client = client.build()?;
    place.outbox.enqueue(NewCustomer::new("ben")).await?;
    place.enqueue_together(sales("ben", count)?).await?;
    let began = Instant::now();
    let worker = DeliveryWorker::start(place.outbox.clone(), client)?;
    while usize::try_from(worker.health().delivered)? <= count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let elapsed = began.elapsed();
    worker.stop(Duration::from_secs(5)).await;
    Ok(f64::from(u32::try_from(count)?) / elapsed.as_secs_f64())
}
