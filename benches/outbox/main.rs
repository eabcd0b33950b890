//! What the outbox costs, as ratios and rates from one run.
//!
//! `cargo bench --bench outbox`, with PostgreSQL where `TOWER_PARTNERO_TEST_POSTGRES` holds a URL;
//! `-- --check` is a short run whose figures mean little. What is counted and not timed has to hold
//! in either: enqueuing calls nobody, and deliveries share commits.

mod drain;
mod enqueue;
mod places;

use std::io::Write;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How much of everything.
#[derive(Clone, Copy)]
struct Size {
    rounds: usize,
    transactions: usize,
    deliveries: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let size = if std::env::args().any(|argument| argument == "--check") {
        Size {
            rounds: 3,
            transactions: 20,
            deliveries: 200,
        }
    } else {
        Size {
            rounds: 21,
            transactions: 200,
            deliveries: 4_000,
        }
    };
    for place in places::all().await? {
        let name = place.name();
        let ratio = enqueue::ratio(&place, size).await?;
        say(&format!(
            "{name}: user row and report over user row alone: {ratio:.2}"
        ))?;
        let (down, calls) = enqueue::down_over_up(&place, size).await?;
        expect(calls == 0, "enqueuing called Partnero")?;
        say(&format!(
            "{name}: sign-up with Partnero down over up: {down:.2}, with {calls} calls to Partnero"
        ))?;
        let (rate, commits) = drain::rate(&place, size).await?;
        expect(commits < 1.0, "every delivery had a commit of its own")?;
        say(&format!(
            "{name}: {rate:.0} deliveries per second to a Partnero that takes 5 ms, \
             {commits:.2} commits per delivery"
        ))?;
    }
    Ok(())
}

fn expect(holds: bool, otherwise: &str) -> Result<(), Failure> {
    holds.then_some(()).ok_or_else(|| otherwise.into())
}

fn say(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
