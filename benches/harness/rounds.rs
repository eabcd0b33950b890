//! The servers of a plan take turns under load.
//!
//! Each round's figures are divided by those of the first server in the same round, and the
//! medians of these ratios are shown: something else on the machine slows all servers of a round.
//! A plan serves its first app twice. A difference smaller than that between these two is noise.

use std::io::Write;
use std::time::Duration;

use super::server::{Served, Server};
use super::{Options, load as under_load};
use crate::Failure;

/// The figures of one server in one round, in the order of [`HEADS`].
type Sample = [Option<f64>; 4];

const HEADS: [&str; 4] = ["requests/s", "p50 in µs", "p99 in µs", "CPU in µs"];

/// Measures the servers of a plan and prints what came of it.
pub(crate) fn load(plan: &str, options: &Options) -> Result<(), Failure> {
    let served = crate::served(plan);
    let (rounds, seconds) = if options.is_short() {
        (2, 0.1)
    } else {
        (10, 1.0)
    };
    let rounds = options.rounds.unwrap_or(rounds);
    let seconds = options.seconds.unwrap_or(seconds);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let samples = runtime.block_on(measure(plan, &served, rounds, seconds))?;
    println!("\r{rounds} rounds of {seconds} s\n");
    print(&served, &samples);
    Ok(())
}

async fn measure(
    plan: &str,
    served: &[Served],
    rounds: usize,
    seconds: f64,
) -> Result<Vec<Vec<Sample>>, Failure> {
    let length = Duration::try_from_secs_f64(seconds)?;
    let servers = (0..served.len()).map(|index| Server::start(plan, index));
    let servers = servers.collect::<Result<Vec<_>, _>>()?;
    let mut all = Vec::new();
    for round in 0..rounds {
        print!("\rround {} of {rounds} ", round + 1);
        std::io::stdout().flush()?;
        let mut samples = vec![Sample::default(); servers.len()];
        for turn in 0..servers.len() {
            // Forth and back, so that no server gains by its place when the machine slows down.
            let index = if round % 2 == 0 {
                turn
            } else {
                servers.len() - 1 - turn
            };
            samples[index] = sample(&servers[index], &served[index].request, length).await?;
        }
        all.push(samples);
    }
    Ok(all)
}

async fn sample(server: &Server, request: &str, length: Duration) -> Result<Sample, Failure> {
    under_load::run(server, request, length.mul_f64(0.1)).await?;
    let before = server.cpu_time();
    let (latencies, length) = under_load::run(server, request, length).await?;
    let cpu = server
        .cpu_time()
        .zip(before)
        .map(|(now, then)| now.saturating_sub(then));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied();
    let requests = f64::from(u32::try_from(latencies.len())?);
    Ok([
        Some(requests / length.as_secs_f64()),
        at(50).map(micros),
        at(99).map(micros),
        cpu.map(|cpu| micros(cpu) / requests),
    ])
}

/// `rounds` hold one sample of each server, in the servers' order.
fn print(served: &[Served], rounds: &[Vec<Sample>]) {
    for (figure, head) in HEADS.iter().enumerate() {
        println!(
            "{head:<24}{:>10}{:>10}   middle half of the ratios",
            "median", "ratio"
        );
        for (index, Served { name, .. }) in served.iter().enumerate() {
            let values = rounds.iter().filter_map(|round| round[index][figure]);
            let ratios = rounds.iter().filter_map(|round| {
                let baseline = round[0][figure].filter(|baseline| *baseline > 0.0)?;
                Some(round[index][figure]? / baseline)
            });
            if let (Some([_, median, _]), Some([low, ratio, high])) =
                (middle(values.collect()), middle(ratios.collect()))
            {
                println!("  {name:<22}{median:>10.1}{ratio:>10.3}   {low:.3} to {high:.3}");
            } else {
                println!("  {name:<22}not measured here");
            }
        }
        println!();
    }
}

/// The lower quartile, the median and the upper quartile.
fn middle(mut figures: Vec<f64>) -> Option<[f64; 3]> {
    figures.sort_by(f64::total_cmp);
    let last = figures.len().checked_sub(1)?;
    Some([1, 2, 3].map(|quarter| figures[(last * quarter + 2) / 4]))
}
