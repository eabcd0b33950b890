//! Medians over the rounds, and of the ratios to the first arm in the same round.

use std::time::Duration;

use crate::app::Arm;
use crate::load::Load;

/// The figures of one arm in one round, in the order of [`HEADS`].
pub(crate) type Sample = [Option<f64>; 4];

const HEADS: [&str; 4] = ["requests/s", "p50 in µs", "p99 in µs", "CPU in µs"];

pub(crate) fn sample(load: &mut Load, cpu: Option<Duration>) -> Sample {
    load.latencies.sort_unstable();
    let count = load.latencies.len();
    let micros = |time: &Duration| time.as_secs_f64() * 1e6;
    let at = |percent: usize| load.latencies.get(count * percent / 100).map(micros);
    let requests = u32::try_from(count).ok().map(f64::from);
    [
        requests.map(|requests| requests / load.length.as_secs_f64()),
        at(50),
        at(99),
        cpu.zip(requests)
            .map(|(cpu, requests)| micros(&cpu) / requests),
    ]
}

/// `rounds` hold one sample of each arm, in the arms' order.
pub(crate) fn print(rounds: &[Vec<Sample>]) {
    for (figure, head) in HEADS.iter().enumerate() {
        println!(
            "{head:<24}{:>10}{:>10}   middle half of the ratios",
            "median", "ratio"
        );
        for (arm, Arm { name, .. }) in Arm::ALL.iter().enumerate() {
            let values = rounds.iter().filter_map(|round| round[arm][figure]);
            let ratios = rounds.iter().filter_map(|round| {
                let baseline = round[0][figure].filter(|baseline| *baseline > 0.0)?;
                Some(round[arm][figure]? / baseline)
            });
            let (values, ratios) = (sorted(values), sorted(ratios));
            if let (Some([_, median, _]), Some([low, ratio, high])) =
                (middle(&values), middle(&ratios))
            {
                println!("  {name:<22}{median:>10.1}{ratio:>10.3}   {low:.3} to {high:.3}");
            } else {
                println!("  {name:<22}not measured here");
            }
        }
        println!();
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The lower quartile, the median and the upper quartile.
fn middle(sorted: &[f64]) -> Option<[f64; 3]> {
    let last = sorted.len().checked_sub(1)?;
    Some([1, 2, 3].map(|quarter| sorted[(last * quarter + 2) / 4]))
}
