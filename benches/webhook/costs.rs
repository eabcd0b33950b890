//! Counts and times the arms, and shows them as ratios.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::arms::{self, Arm};
use crate::callgrind;

/// Prints every arm's instructions and times.
pub(crate) fn report(is_bench: bool) {
    let mut arms = arms::arms();
    let counts = match is_bench.then(|| callgrind::count(arms.len())) {
        Some(Ok(counts)) => counts,
        Some(Err(why)) => {
            println!("instructions are not counted: {why}\n");
            Vec::new()
        }
        None => Vec::new(),
    };
    let times = times(&mut arms, if is_bench { 201 } else { 1 });
    println!(
        "{:<32}{:>14}{:>8}{:>12}{:>8}",
        "", "instructions", "ratio", "ns", "ratio"
    );
    for (index, arm) in arms.iter().enumerate() {
        let counted = counts.get(index).zip(counts.get(arm.over));
        let counted = counted.map_or_else(String::new, |(count, over)| {
            format!("{count:>14.0}{:>8.3}", count / over)
        });
        let [time, ratio] = times[index];
        println!("{:<32}{counted:>22}{time:>12.0}{ratio:>8.3}", arm.name);
    }
    println!();
}

/// Holds the instructions, which repeat from run to run, to the bounds.
pub(crate) fn check() -> ExitCode {
    let arms = arms::arms();
    let counts = match callgrind::count(arms.len()) {
        Ok(counts) => counts,
        Err(why) => {
            println!("instructions are not counted: {why}");
            return ExitCode::FAILURE;
        }
    };
    let mut is_kept = true;
    for (index, arm) in arms.iter().enumerate() {
        let Some(bound) = &arm.bound else {
            continue;
        };
        let ratio = counts[index] / counts[arm.over];
        println!("{ratio:.3} of {bound:?}  {}", arm.name);
        is_kept &= bound.contains(&ratio);
    }
    if is_kept {
        return ExitCode::SUCCESS;
    }
    println!("a ratio is not what it has to be");
    ExitCode::FAILURE
}

/// The median time of each arm in nanoseconds, and the median of its ratios to the other arm's
/// time in the same round.
fn times(arms: &mut [Arm], rounds: usize) -> Vec<[f64; 2]> {
    let mut all = vec![Vec::new(); arms.len()];
    for _ in 0..rounds {
        for (arm, times) in arms.iter_mut().zip(&mut all) {
            let mut spent = Duration::ZERO;
            for _ in 0..arm.repeats {
                arm.work.prepare();
                let started = Instant::now();
                arm.work.serve();
                spent += started.elapsed();
            }
            times.push(spent.as_secs_f64() * 1e9 / f64::from(arm.repeats));
        }
    }
    let figures = all.iter().zip(&*arms).map(|(times, arm)| {
        let ratios = times.iter().zip(&all[arm.over]);
        let ratios = ratios.map(|(time, over)| time / over);
        [median(times.clone()), median(ratios.collect())]
    });
    figures.collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
