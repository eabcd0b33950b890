//! How long honest sign-ups wait while Partnero answers others with 500.

use std::time::{Duration, Instant};

use tower_partnero::NewCustomer;
use tower_partnero::delivery::DeliveryWorker;

use super::expect;
use super::partnero::Partnero;
use super::places::{Engine, Place};
use crate::Failure;
use crate::harness::{Options, median};

/// How often an honest visitor signs up.
const EVERY: Duration = Duration::from_millis(100);
/// How long the last sign-up may wait before the bench gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints the table of an engine: honest sign-ups beside more and more rows that fail.
pub(super) async fn table(engine: &Engine, options: &Options) -> Result<(), Failure> {
    let (levels, honest, rounds): (&[usize], _, _) = if options.is_short() {
        (&[0, 30], 10, 1)
    } else {
        (&[0, 30, 300, 1_500, 10_000], 30, 3)
    };
    println!(
        "{}: an honest sign-up every {EVERY:?} beside rows that fail",
        engine.name()
    );
    println!(
        "  {:>8}{:>14}{:>14}{:>12}{:>12}",
        "failing", "median in ms", "longest", "ratio", "arrived"
    );
    // The levels take turns, so that something else on the machine slows all of them.
    let mut all = vec![Vec::new(); levels.len()];
    for _ in 0..rounds {
        for (waits, &failing) in all.iter_mut().zip(levels) {
            let place = engine.open().await?;
            let bots = (0..failing).map(|number| NewCustomer::new(format!("bot-{number}")));
            place.enqueue_together(bots).await?;
            let partnero = Partnero::start("bot-")?;
            waits.extend(self::waits(&place, &partnero, honest).await?);
        }
    }
    let mut alone = None;
    for (mut waits, failing) in all.into_iter().zip(levels) {
        let (arrived, honest) = (waits.len(), honest * rounds);
        // A sign-up that has not arrived has waited longer than all others.
        waits.resize(honest, f64::INFINITY);
        let longest = waits.iter().copied().fold(0.0, f64::max);
        let middle = median(waits);
        let ratio = middle / *alone.get_or_insert(middle);
        println!(
            "  {failing:>8}{middle:>14.1}{longest:>14.1}{ratio:>12.2}{arrived:>6} of {honest}"
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
/// the commit of each to its arrival at Partnero.
async fn waits(place: &Place, partnero: &Partnero, honest: usize) -> Result<Vec<f64>, Failure> {
    // SQLite reads its file faster than a long log.
    place.begin_counting().await?;
    let worker = DeliveryWorker::start(place.outbox.clone(), partnero.client()?)?;
    let waits = sign_ups(place, partnero, honest).await?;
    worker.stop(Duration::from_secs(1)).await;
    Ok(waits)
}

/// Enqueues honest sign-ups while a worker runs. The answer is as of [`waits`].
pub(super) async fn sign_ups(
    place: &Place,
    partnero: &Partnero,
    honest: usize,
) -> Result<Vec<f64>, Failure> {
    let mut commits = Vec::new();
    let mut turns = tokio::time::interval(EVERY);
    for number in 0..honest {
        turns.tick().await;
        let id = format!("honest-{number}");
        place.outbox.enqueue(NewCustomer::new(&*id)).await?;
        commits.push((id, Instant::now()));
    }
    let until = Instant::now() + PATIENCE;
    let is_there = |(id, _): &(String, Instant)| partnero.arrivals().contains_key(id);
    while !commits.iter().all(is_there) && Instant::now() < until {
        tokio::time::sleep(EVERY).await;
    }
    let arrivals = partnero.arrivals();
    let waits = commits.iter().filter_map(|(id, commit)| {
        // The worker may be faster than the answer to the commit.
        let wait = arrivals.get(id)?.saturating_duration_since(*commit);
        Some(wait.as_secs_f64() * 1e3)
    });
    Ok(waits.collect())
}
