//! The arms take turns under load.

use std::io::Write;
use std::time::Duration;

use crate::Failure;
use crate::app::Arm;
use crate::load;
use crate::process::Server;
use crate::report::{self, Sample, sample};

/// How often the arms take turns, and for how long.
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
}

impl Options {
    /// `cargo test --benches` comes without the word `--bench`, and wants to know only that it
    /// runs.
    pub(crate) fn new(is_bench: bool) -> Self {
        let (rounds, seconds) = if is_bench { (10, 1.0) } else { (1, 0.05) };
        Self { rounds, seconds }
    }

    /// Measures on a runtime of its own, and prints what came of it.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.measure())
    }

    async fn measure(&self) -> Result<(), Failure> {
        let length = Duration::try_from_secs_f64(self.seconds)?;
        let servers = Arm::ALL
            .iter()
            .map(Server::start)
            .collect::<Result<Vec<_>, _>>()?;
        let mut rounds = Vec::new();
        for round in 0..self.rounds {
            print!("\rround {} of {} ", round + 1, self.rounds);
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
        println!("\r{} rounds of {} s\n", self.rounds, self.seconds);
        report::print(&rounds);
        Ok(())
    }
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
