//! What the outbox costs, as ratios and rates from one run: on SQLite, and on PostgreSQL where
//! `TOWER_PARTNERO_TEST_POSTGRES` holds a URL.
//!
//! The times of a short run mean little. What is counted is checked in every run: enqueuing calls
//! nobody and writes no more than it may, deliveries share commits, and every honest sign-up arrives.

mod drain;
mod enqueue;
mod fairness;
mod growth;
mod partnero;
mod places;
mod queue;
mod statements;
mod writes;

use crate::Failure;
use crate::harness::Options;

/// How many of each.
#[derive(Clone, Copy)]
struct Size {
    rounds: usize,
    transactions: usize,
    deliveries: usize,
}

#[tokio::main]
pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    let (rounds, transactions, deliveries) = if options.is_short() {
        (3, 20, 200)
    } else {
        (21, 200, 4_000)
    };
    let size = Size {
        rounds,
        transactions,
        deliveries,
    };
    let engines = places::engines();
    for engine in engines.iter().filter(|_| !options.is_tables) {
        let (name, place) = (engine.name(), engine.open().await?);
        writes::count(engine).await?;
        let ratio = enqueue::ratio(&place, size).await?;
        println!("{name}: user row and report over user row alone: {ratio:.2}");
        let (down, calls) = enqueue::down_over_up(&place, size).await?;
        expect(calls == 0, "enqueuing called Partnero")?;
        println!("{name}: sign-up with Partnero down over up: {down:.2}, calls: {calls}");
        let (rate, commits) = drain::rate(&place, size).await?;
        expect(commits < 1.0, "every delivery had a commit of its own")?;
        println!("{name}: deliveries per second to a Partnero that takes 5 ms: {rate:.0}");
        println!("{name}: commits per delivery: {commits:.2}\n");
    }
    for engine in &engines {
        fairness::table(engine, options).await?;
    }
    for engine in &engines {
        queue::table(engine, options).await?;
    }
    for engine in &engines {
        growth::table(engine, options).await?;
    }
    Ok(())
}

fn expect(holds: bool, otherwise: &str) -> Result<(), Failure> {
    holds.then_some(()).ok_or_else(|| otherwise.into())
}
