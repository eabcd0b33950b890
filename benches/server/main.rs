//! An axum server on loopback, with and without our layer, under load.
//!
//! Every arm is a server process of its own, so that its CPU time can be read; the load comes
//! from this one. The arms take turns in many short rounds, each round's figures are divided by
//! those of *no layer* in the same round, and the medians of these ratios are shown: what slows
//! the machine down for a while slows all arms down. The first arm runs twice, and how far its
//! two runs differ is what this machine cannot see.
//!
//! ```sh
//! cargo bench --bench server                                  # about a minute
//! cargo bench --bench server -- --rounds 2 --seconds 0.2      # only to see that it runs
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on the terminal")]

mod app;
mod load;
mod process;
mod report;

use std::io::Write;
use std::time::Duration;

use crate::app::Arm;
use crate::process::Server;
use crate::report::{Sample, sample};

type Failure = Box<dyn std::error::Error>;

struct Options {
    rounds: usize,
    seconds: f64,
}

fn main() -> Result<(), Failure> {
    // `cargo test --benches` comes without the word, and wants to know only that it runs.
    let is_bench = std::env::args().any(|word| word == "--bench");
    let (rounds, seconds) = if is_bench { (10, 1.0) } else { (1, 0.05) };
    let mut options = Options { rounds, seconds };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = |value: Option<String>| value.ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--rounds" => options.rounds = value(words.next())?.parse()?,
            "--seconds" => options.seconds = value(words.next())?.parse()?,
            process::SERVE => return app::serve(value(words.next())?.parse()?),
            "--bench" => {}
            _ => return Err(format!("{word} is unknown: write --rounds N, --seconds S").into()),
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&options))
}

async fn measure(options: &Options) -> Result<(), Failure> {
    let length = Duration::try_from_secs_f64(options.seconds)?;
    let servers = Arm::ALL
        .iter()
        .map(Server::start)
        .collect::<Result<Vec<_>, _>>()?;
    let mut rounds = Vec::new();
    for round in 0..options.rounds {
        print!("\rround {} of {} ", round + 1, options.rounds);
        std::io::stdout().flush()?;
        let mut samples = vec![None; servers.len()];
        for turn in 0..servers.len() {
            // Forth and back, so that no arm gains by its place when the machine slows down.
            let forth = round % 2 == 0;
            let arm = if forth {
                turn
            } else {
                servers.len() - 1 - turn
            };
            samples[arm] = Some(serve_a_while(&servers[arm], length).await?);
        }
        rounds.push(samples.into_iter().flatten().collect());
    }
    println!("\r{} rounds of {} s\n", options.rounds, options.seconds);
    report::print(&rounds);
    Ok(())
}

async fn serve_a_while(server: &Server, length: Duration) -> Result<Sample, Failure> {
    load::run(server, length.mul_f64(0.1)).await?;
    let before = server.cpu_time();
    let mut load = load::run(server, length).await?;
    let cpu = server
        .cpu_time()
        .zip(before)
        .map(|(now, then)| now.saturating_sub(then));
    Ok(sample(&mut load, cpu))
}
