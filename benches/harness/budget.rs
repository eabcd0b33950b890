//! What the arms may cost, and whether they do.

use std::ops::RangeInclusive;

use super::Arm;

/// What an arm may cost. `--check` fails for a target that it holds.
pub(crate) enum Target {
    /// At most so much more than the baseline. `--check` holds the allocations, which are the same on
    /// every machine, and the instructions with some [slack](SLACK).
    More { instructions: f64, allocations: f64 },
    /// No target. Shows how many times more instructions this arm adds to its baseline than the
    /// arm `ours` adds to its own.
    TimesOurs { ours: String },
    /// At most so many more instructions for each byte of cookies that the arm `shorter` lacks.
    PerByte {
        shorter: String,
        bytes: f64,
        most: f64,
    },
    /// At most such a share of the baseline's instructions, in per cent; `is_held` to it by
    /// `--check`.
    Share { percent: f64, is_held: bool },
    /// The ratio of its instructions to those of the baseline; held by `--check`.
    Ratio(RangeInclusive<f64>),
    /// At most so many times the bytes that the baseline holds at once; held by `--check`.
    Peak { most: f64 },
}

/// `--check` lets an arm take so many times the instructions of its target: processors and compilers
/// differ, and some arms miss their targets by a quarter.
const SLACK: f64 = 1.4;

/// `--check` lets an arm take so many times the instructions of its floor. The floor is counted in the
/// same run, so the processor and the compiler are the same for both.
const OVER_FLOOR: f64 = 1.5;

impl Target {
    pub(super) fn is_of_instructions(&self) -> bool {
        !matches!(self, Self::Peak { .. })
    }
}

/// What it costs to serve an arm once.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) allocations: f64,
    /// The most bytes that it holds at once.
    pub(super) peak: f64,
    pub(super) instructions: Option<f64>,
    pub(super) time: Option<Time>,
}

/// How long it takes, in nanoseconds.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) all: f64,
    /// As a ratio to the time of the baseline.
    pub(super) ratio: Option<f64>,
    /// More than the baseline.
    pub(super) more: Option<f64>,
}

/// Whether an arm meets its target.
pub(super) struct Verdict {
    pub(super) figure: String,
    pub(super) target: String,
    /// `None` if there is no target, or instructions were not counted.
    pub(super) is_met: Option<bool>,
    /// Whether `--check` lets it pass.
    pub(super) is_kept: bool,
}

/// The costs of all arms.
pub(super) struct Costs<'a>(Vec<(&'a Arm, Cost)>);

impl<'a> Costs<'a> {
    pub(super) fn new(arms: &'a [Arm], costs: &[Cost]) -> Self {
        Self(arms.iter().zip(costs.iter().copied()).collect())
    }

    pub(super) fn of(&self, name: &str) -> Cost {
        self.row(name).1
    }

    /// How many allocations the arm makes more than its baseline.
    pub(super) fn more_allocations(&self, arm: &Arm) -> Option<f64> {
        Some(self.of(&arm.name).allocations - self.of(arm.baseline.as_ref()?).allocations)
    }

    /// How many instructions the arm takes more than its baseline.
    pub(super) fn more_instructions(&self, arm: &Arm) -> Option<f64> {
        Some(self.of(&arm.name).instructions? - self.of(arm.baseline.as_ref()?).instructions?)
    }

    /// As [`more_instructions`](Self::more_instructions), of the arm with this name.
    pub(super) fn more_instructions_of(&self, name: &str) -> Option<f64> {
        self.more_instructions(self.row(name).0)
    }

    pub(super) fn judge(&self, arm: &Arm) -> Option<Verdict> {
        let added = |name: &str| self.more_instructions_of(name);
        let own = added(&arm.name);
        let baseline = arm.baseline.as_ref().map(|name| self.of(name));
        let all = baseline.and_then(|baseline| baseline.instructions);
        let show =
            |figure: Option<f64>, show: fn(f64) -> String| figure.map_or_else(String::new, show);
        let (figure, target, is_met, is_held) = match arm.target.as_ref()? {
            Target::More {
                instructions,
                allocations,
            } => {
                let few = self.more_allocations(arm)? <= *allocations;
                let time = self.of(&arm.name).time.and_then(|time| time.more);
                let too_slow = time
                    .zip(arm.most_time)
                    .is_some_and(|(time, most)| time > most);
                let target = format!("≤ {instructions}, ≤ {allocations} allocations");
                let most_time = arm.most_time.map(|most| format!(", ≤ {most} ns"));
                let target = target + &most_time.unwrap_or_default();
                let is_met = own.map(|more| few && !too_slow && more <= *instructions);
                let floor = arm.floor.as_ref().and_then(|floor| added(floor));
                let most = floor.map_or(f64::INFINITY, |floor| OVER_FLOOR * floor);
                let most = most.min(SLACK * *instructions);
                let is_near = own.is_none_or(|more| more <= most);
                return Some(Verdict {
                    figure: String::new(),
                    target,
                    is_met,
                    is_kept: few && is_near,
                });
            }
            Target::TimesOurs { ours } => {
                let times = own.zip(added(ours)).map(|(own, ours)| own / ours);
                (
                    show(times, |times| format!("{times:.1} × ours")),
                    String::new(),
                    None,
                    false,
                )
            }
            Target::PerByte {
                shorter,
                bytes,
                most,
            } => {
                let growth = own
                    .zip(added(shorter))
                    .map(|(long, short)| (long - short) / bytes);
                let figure = show(growth, |by| format!("{by:.2} a byte"));
                (
                    figure,
                    format!("≤ {most} a byte"),
                    growth.map(|by| by <= *most),
                    false,
                )
            }
            Target::Share { percent, is_held } => {
                let share = own.zip(all).map(|(more, all)| 100.0 * more / all);
                let figure = show(share, |share| format!("{share:+.2} %"));
                let is_met = share.map(|share| share <= *percent);
                (figure, format!("≤ +{percent} %"), is_met, *is_held)
            }
            Target::Ratio(bounds) => {
                let ratio = own.zip(all).map(|(more, all)| 1.0 + more / all);
                let target = format!("{} to {}", bounds.start(), bounds.end());
                let is_met = ratio.map(|ratio| bounds.contains(&ratio));
                (
                    show(ratio, |ratio| format!("{ratio:.3} ×")),
                    target,
                    is_met,
                    true,
                )
            }
            Target::Peak { most } => {
                let (own, all) = (self.of(&arm.name).peak, baseline?.peak);
                let is_met = own <= most * all;
                (
                    format!("{own} bytes"),
                    format!("≤ {most} × {all}"),
                    Some(is_met),
                    true,
                )
            }
        };
        let is_kept = !is_held || is_met != Some(false);
        Some(Verdict {
            figure,
            target,
            is_met,
            is_kept,
        })
    }

    fn row(&self, name: &str) -> (&'a Arm, Cost) {
        let row = self.0.iter().find(|(arm, _)| arm.name == name);
        *row.unwrap_or_else(|| panic!("the plan names no arm {name:?}"))
    }
}
