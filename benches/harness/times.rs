//! Times the arms in turns: something else on the machine slows all arms of a round.

use std::time::{Duration, Instant};

use super::budget::Time;
use super::{Arm, Cost};

const ROUNDS: usize = 101;

/// The median time of each arm in nanoseconds, and the medians of its ratios to its baseline's time
/// in the same round, and of its differences from it.
pub(super) fn measure(arms: &[Arm], costs: &mut [Cost]) {
    let mut works: Vec<_> = arms.iter().map(|arm| (arm.work)()).collect();
    let mut times = vec![Vec::new(); arms.len()];
    for _ in 0..ROUNDS {
        let arms = arms.iter().zip(&mut works).zip(&mut times);
        for ((arm, work), times) in arms.filter(|((arm, _), _)| !arm.is_long) {
            let mut spent = Duration::ZERO;
            for _ in 0..arm.repeats.div_ceil(4) {
                work.prepare();
                let started = Instant::now();
                work.serve();
                spent += started.elapsed();
            }
            times.push(spent.as_secs_f64() * 1e9 / f64::from(arm.repeats.div_ceil(4)));
        }
    }
    for (arm, (cost, own)) in arms.iter().zip(costs.iter_mut().zip(&times)) {
        if arm.is_long {
            continue;
        }
        let over = arms
            .iter()
            .position(|other| arm.baseline.as_ref() == Some(&other.name));
        let pairs = || over.map(|over| own.iter().zip(&times[over]));
        let ratios = pairs().map(|pairs| pairs.map(|(own, over)| own / over).collect());
        let more = pairs().map(|pairs| pairs.map(|(own, over)| own - over).collect());
        cost.time = Some(Time {
            all: median(own.clone()),
            ratio: ratios.map(median),
            more: more.map(median),
        });
    }
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
