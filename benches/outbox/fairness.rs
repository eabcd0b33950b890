//! How long honest sign-ups wait while Partnero answers others with 500.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use http::Method;
use tower_partnero::delivery::DeliveryWorker;
use tower_partnero::sandbox::Fault;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use super::expect;
use super::places::{Engine, Place};
use crate::Failure;
use crate::harness::{Options, median};

/// How often an honest visitor signs up.
const EVERY: Duration = Duration::from_millis(100);
/// How long the last sign-up may wait before the bench gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints the table of an engine: honest sign-ups beside more and more rows that fail.
pub(super) async fn table(engine: &Engine, options: &Options) -> Result<(), Failure> {
    let (levels, honest): (&[usize], _) = if options.is_short() {
        (&[0, 30], 10)
    } else {
        (&[0, 30, 300, 1_500, 10_000], 50)
    };
    println!(
        "{}: an honest sign-up every {EVERY:?} beside rows that fail",
        engine.name()
    );
    println!(
        "  {:>8}{:>14}{:>14}{:>12}{:>12}",
        "failing", "median in ms", "longest", "ratio", "arrived"
    );
    let mut alone = None;
    for &failing in levels {
        let place = engine.open().await?;
        let sandbox = Sandbox::start().await?;
        let refusal = Fault::status(500).on(Method::POST, "/v1/customers");
        sandbox.inject(refusal.mentioning("bot-"));
        for number in 0..failing {
            let bot = NewCustomer::new(format!("bot-{number}"));
            place.outbox.enqueue(bot).await?;
        }
        let mut waits = waits(&place, &sandbox, honest).await?;
        waits.sort_by(f64::total_cmp);
        let arrived = waits.len();
        // A sign-up that has not arrived has waited longer than all others.
        waits.resize(honest, f64::INFINITY);
        let (longest, middle) = (waits[honest - 1], median(waits));
        let ratio = middle / *alone.get_or_insert(middle);
        println!(
            "  {failing:>8}{middle:>14.0}{longest:>14.0}{ratio:>12.2}{arrived:>6} of {honest}"
        );
        expect(
            !options.is_check || arrived == honest,
            "an honest sign-up did not arrive",
        )?;
    }
    println!();
    Ok(())
}

/// Starts a worker and enqueues honest sign-ups. The answer is how many milliseconds went by from
/// the row of each to its arrival at Partnero.
pub(super) async fn waits(
    place: &Place,
    sandbox: &Sandbox,
    honest: usize,
) -> Result<Vec<f64>, Failure> {
    let client = Client::builder(ApiKey::new(sandbox.api_key())?);
    let client = client.base_url(sandbox.base_url()).build()?;
    let worker = DeliveryWorker::start(place.outbox.clone(), client)?;

    let began = Instant::now();
    let mut enqueued = HashMap::new();
    let mut waits = HashMap::new();
    while waits.len() < honest {
        let number = enqueued.len();
        let turn = EVERY * u32::try_from(number)?;
        if number < honest && began.elapsed() >= turn {
            let id = format!("honest-{number}");
            place.outbox.enqueue(NewCustomer::new(&*id)).await?;
            enqueued.insert(id, Instant::now());
        } else if number == honest && began.elapsed() > turn + PATIENCE {
            break;
        }
        for customer in sandbox.customers() {
            if let Some(at) = enqueued.get(&customer.id) {
                waits
                    .entry(customer.id)
                    .or_insert_with(|| at.elapsed().as_secs_f64() * 1e3);
            }
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    worker.stop(Duration::from_secs(1)).await;
    Ok(waits.into_values().collect())
}
