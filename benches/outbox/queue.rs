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

/// How many others sign up within the first second.
const FIRST_SECOND: usize = 10;

/// Prints, for an engine, how long others wait beside a burst, and how fast one customer's reports
/// arrive.
pub(super) async fn table(engine: &Engine, options: &Options) -> Result<(), Failure> {
    let (rows, honest, queued) = if options.is_short() {
        (500, FIRST_SECOND, 50)
    } else {
        (50_000, 3 * FIRST_SECOND, 2_000)
    };
    println!("{}: one customer with many sales", engine.name());
    for rows in [0, rows] {
        let place = engine.open().await?;
        let partnero = Partnero::start(FAILING)?;
        if rows > 0 {
            place.outbox.enqueue(NewCustomer::new(FAILING)).await?;
            place.enqueue_together(sales(FAILING, rows)?).await?;
        }
        let waits = fairness::waits(&place, &partnero, honest).await?;
        expect(
            waits.len() == honest,
            "a sign-up beside a burst did not arrive",
        )?;
        println!(
            "  a sign-up beside {rows:>6} sales behind one head: median {:.1} ms, longest {:.1} ms",
            median(waits.clone()),
            waits.iter().copied().fold(0.0, f64::max),
        );
    }
    let wait = between(&engine.open().await?, rows / 2).await?;
    println!(
        "  a sign-up between two such bursts of {}: {:.0} ms",
        rows / 2,
        wait.as_secs_f64() * 1e3
    );
    let rate = rate(&engine.open().await?, queued).await?;
    println!("  sales of one customer per second: {rate:.0}\n");
    Ok(())
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
