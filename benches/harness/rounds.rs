//! The servers of a plan take turns under load.
//!
//! Each round's figures are divided by those of the first server of the group in the same round,
//! and the medians of these ratios are shown: something else on the machine slows all servers of a
//! round. A plan serves the first app of each group twice. A difference smaller than that between
//! these two is noise.

use std::io::Write;
use std::time::Duration;

use super::server::{Served, Server};
use super::{Options, load as under_load};
use crate::Failure;

/// The figures of one server in one round: requests a second, and microseconds.
type Sample = [Option<f64>; 4];

const HEADS: [&str; 4] = ["Requests/s", "p50", "p99", "CPU per request"];

/// What came of one server.
pub(crate) struct Row {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    figures: [Option<Figure>; 4],
}

impl Row {
    /// The median latency over that of the first server of the group: of all rounds the lower
    /// quartile, the median and the upper quartile.
    pub(crate) fn latency(&self) -> Option<[f64; 3]> {
        self.figures[1].map(|figure| figure.ratio)
    }
}

/// One figure over all rounds.
#[derive(Clone, Copy)]
struct Figure {
    median: f64,
    /// Over that of the first server of the group, with the quartiles around it.
    ratio: [f64; 3],
}

/// Measures the servers of a plan and prints what came of it.
pub(crate) fn load(plan: &str, options: &Options) -> Result<Vec<Row>, Failure> {
    let served = crate::served(plan);
    let (rounds, seconds) = if options.is_short() {
        (2, 0.03)
    } else {
        (40, 0.2)
    };
    let rounds = options.rounds.unwrap_or(rounds);
    let seconds = options.seconds.unwrap_or(seconds);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let samples = runtime.block_on(measure(plan, &served, rounds, seconds))?;
    println!("\r{rounds} rounds of {seconds} s");
    let rows = rows(&served, &samples);
    print(&rows);
    Ok(rows)
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
            samples[index] = sample(&servers[index], &served[index], length).await?;
        }
        all.push(samples);
    }
    Ok(all)
}

async fn sample(server: &Server, app: &Served, length: Duration) -> Result<Sample, Failure> {
    under_load::run(server, app, length.mul_f64(0.1)).await?;
    let before = server.cpu_time();
    let (latencies, length) = under_load::run(server, app, length).await?;
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
fn rows(served: &[Served], rounds: &[Vec<Sample>]) -> Vec<Row> {
    let figure = |index: usize, figure: usize| {
        let group = served[index].group;
        let first = served.iter().position(|first| first.group == group)?;
        let values = rounds.iter().filter_map(|round| round[index][figure]);
        let ratios = rounds.iter().filter_map(|round| {
            let baseline = round[first][figure].filter(|baseline| *baseline > 0.0)?;
            Some(round[index][figure]? / baseline)
        });
        Some(Figure {
            median: middle(values.collect())?[1],
            ratio: middle(ratios.collect())?,
        })
    };
    let row = |(index, served): (usize, &Served)| Row {
        group: served.group,
        name: served.name,
        figures: std::array::from_fn(|of| figure(index, of)),
    };
    served.iter().enumerate().map(row).collect()
}

/// As Markdown: the first server of a group with its medians, the others with their ratios to it.
/// The range is that of the middle half of the rounds.
fn print(rows: &[Row]) {
    for (index, row) in rows.iter().enumerate() {
        let is_first = index == 0 || rows[index - 1].group != row.group;
        if is_first {
            println!("\n| {} | {} |", row.group, HEADS.join(" | "));
            println!("|---|--:|--:|--:|--:|");
        }
        let cell = |of: usize| match row.figures[of] {
            None => "not measured".to_owned(),
            Some(Figure { median, .. }) if is_first => {
                format!("{median:.1}{}", if of == 0 { "" } else { " µs" })
            }
            Some(Figure { ratio, .. }) => {
                format!("{:.3} ({:.2} to {:.2})", ratio[1], ratio[0], ratio[2])
            }
        };
        let cells: Vec<String> = (0..HEADS.len()).map(cell).collect();
        println!("| {} | {} |", row.name, cells.join(" | "));
    }
    println!();
}

/// The lower quartile, the median and the upper quartile.
fn middle(mut figures: Vec<f64>) -> Option<[f64; 3]> {
    figures.sort_by(f64::total_cmp);
    let last = figures.len().checked_sub(1)?;
    Some([1, 2, 3].map(|quarter| figures[(last * quarter + 2) / 4]))
}
