//! Shows the arms, their costs and their targets.

use super::Arm;
use super::budget::Costs;

const HEADS: [&str; 12] = [
    "",
    "instructions",
    "allocations",
    "more instr.",
    "more alloc.",
    "floor",
    "ns",
    "more ns",
    "ratio",
    "figure",
    "target",
    "",
];

/// Prints the table.
pub(super) fn print(arms: &[Arm], costs: &Costs<'_>) {
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(arms.iter().map(|arm| row(arm, costs)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 12] = std::array::from_fn(|column| width(column).unwrap_or_default());
    for (index, row) in rows.iter().enumerate() {
        if index > 0 && arms[index - 1].opens_a_group {
            println!();
        }
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            // A column that is empty for every arm is not shown.
            let is_said = rows[1..].iter().any(|row| !row[column].is_empty());
            match column {
                _ if !is_said => {}
                1..=9 => line.extend([format!("{cell:>width$}  ")]),
                _ => line.extend([format!("{cell:<width$}  ")]),
            }
        }
        println!("{}", line.trim_end());
    }
    println!();
}

fn row(arm: &Arm, costs: &Costs<'_>) -> [String; 12] {
    let cost = costs.of(&arm.name);
    let verdict = costs.judge(arm);
    let whole = |count: f64| format!("{count:.0}");
    let more = |count: f64| format!("{count:+.0}");
    // Allocations are whole. A fraction shows a buffer that grows once in a while.
    let digits = |count: f64| usize::from(count.fract() != 0.0);
    let time = cost.time.map(|time| time.all);
    let more_time = cost.time.and_then(|time| time.more);
    let ratio = cost.time.and_then(|time| time.ratio);
    let ratio = ratio.map(|ratio| format!("{ratio:.3}"));
    let more_allocations = costs.more_allocations(arm);
    let more_allocations = more_allocations.map(|count| format!("{count:+.*}", digits(count)));
    let (figure, target, is_met) = verdict
        .map(|verdict| (verdict.figure, verdict.target, verdict.is_met))
        .unwrap_or_default();
    let floor = arm.floor.as_ref();
    let floor = floor.and_then(|floor| costs.more_instructions_of(floor));
    let word = match is_met {
        _ if target.is_empty() => "",
        None => "not counted",
        Some(true) => "met",
        Some(false) => "MISSED",
    };
    [
        arm.name.clone(),
        cost.instructions.map(whole).unwrap_or_default(),
        format!("{:.*}", digits(cost.allocations), cost.allocations),
        costs.more_instructions(arm).map(more).unwrap_or_default(),
        more_allocations.unwrap_or_default(),
        floor.map(more).unwrap_or_default(),
        time.map(whole).unwrap_or_default(),
        more_time.map(more).unwrap_or_default(),
        ratio.unwrap_or_default(),
        figure,
        target,
        word.to_owned(),
    ]
}
