//! What the arms may cost, and whether they keep to it.

use crate::plan::Arm;

/// What is asked of an arm.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// At most so much more than the baseline.
    More { instructions: f64, allocations: f64 },
    /// At least so many times what `ours` adds to its own baseline; `None` only shows the figure.
    Times {
        ours: &'static str,
        least: Option<f64>,
    },
    /// At most so many instructions for each byte of cookies more than `shorter` has.
    PerByte {
        shorter: &'static str,
        bytes: f64,
        most: f64,
    },
    /// At most such a share of the baseline, in per cent; `is_held` to it by `--check`.
    Share { percent: f64, is_held: bool },
}

/// What one request costs.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) instructions: Option<f64>,
    pub(crate) allocations: f64,
}

/// How an arm does by its target.
pub(crate) struct Verdict {
    pub(crate) figure: String,
    pub(crate) target: String,
    /// `None` if there is no target, or what it needs was not counted.
    pub(crate) met: Option<bool>,
}

/// The costs of all arms.
pub(crate) struct Costs<'a> {
    rows: Vec<(&'a Arm, Cost)>,
}

impl<'a> Costs<'a> {
    pub(crate) fn new(arms: &'a [Arm], allocations: &[f64], instructions: Option<&[f64]>) -> Self {
        let cost = |index: usize| Cost {
            instructions: instructions.map(|all| all[index]),
            allocations: allocations[index],
        };
        let rows = arms.iter().enumerate();
        Self {
            rows: rows.map(|(index, arm)| (arm, cost(index))).collect(),
        }
    }

    pub(crate) fn of(&self, name: &str) -> Cost {
        self.row(name).1
    }

    /// What the arm costs more than its baseline.
    pub(crate) fn more(&self, name: &str) -> Option<Cost> {
        let (arm, cost) = self.row(name);
        let baseline = self.of(arm.baseline?);
        Some(Cost {
            instructions: cost
                .instructions
                .zip(baseline.instructions)
                .map(|(a, b)| a - b),
            allocations: cost.allocations - baseline.allocations,
        })
    }

    /// Whether the arm keeps what is the same on every machine: its allocations, and the share
    /// that a part takes which is not asked. A share that was not counted is kept.
    pub(crate) fn is_kept(&self, arm: &Arm) -> bool {
        match arm.target {
            Some(Target::More { allocations, .. }) => {
                let more = self.more(arm.name);
                more.is_some_and(|more| more.allocations <= allocations)
            }
            Some(Target::Share { is_held: true, .. }) => {
                self.judge(arm).and_then(|verdict| verdict.met) != Some(false)
            }
            _ => true,
        }
    }

    pub(crate) fn judge(&self, arm: &Arm) -> Option<Verdict> {
        let added = |name: &str| self.more(name).and_then(|more| more.instructions);
        Some(match arm.target? {
            Target::More {
                instructions,
                allocations,
            } => {
                let more = self.more(arm.name)?;
                let few_allocations = more.allocations <= allocations;
                Verdict {
                    figure: String::new(),
                    target: format!("≤ {instructions}, ≤ {allocations} allocations"),
                    met: more
                        .instructions
                        .map(|more| more <= instructions && few_allocations)
                        .or((!few_allocations).then_some(false)),
                }
            }
            Target::Times { ours, least } => {
                let times = added(arm.name)
                    .zip(added(ours))
                    .map(|(this, ours)| this / ours);
                Verdict {
                    figure: times.map_or_else(String::new, |times| format!("{times:.1} × ours")),
                    target: least.map_or_else(String::new, |least| format!("≥ {least} ×")),
                    met: times.zip(least).map(|(times, least)| times >= least),
                }
            }
            Target::PerByte {
                shorter,
                bytes,
                most,
            } => {
                let growth = added(arm.name)
                    .zip(added(shorter))
                    .map(|(long, short)| (long - short) / bytes);
                Verdict {
                    figure: growth.map_or_else(String::new, |by| format!("{by:.2} a byte")),
                    target: format!("≤ {most} a byte"),
                    met: growth.map(|growth| growth <= most),
                }
            }
            Target::Share { percent, .. } => {
                let baseline = self.of(arm.baseline?).instructions;
                let share = added(arm.name)
                    .zip(baseline)
                    .map(|(more, all)| 100.0 * more / all);
                Verdict {
                    figure: share.map_or_else(String::new, |share| format!("{share:+.2} %")),
                    target: format!("≤ +{percent} %"),
                    met: share.map(|share| share <= percent),
                }
            }
        })
    }

    fn row(&self, name: &str) -> (&'a Arm, Cost) {
        let row = self.rows.iter().find(|(arm, _)| arm.name == name);
        *row.unwrap_or_else(|| panic!("the plan names no arm {name:?}"))
    }
}
