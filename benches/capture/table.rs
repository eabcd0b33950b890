//! Shows the arms, their costs and their targets.

use crate::budget::{Cost, Costs};
use crate::plan::Arm;

const HEADS: [&str; 8] = [
    "per request",
    "instructions",
    "allocations",
    "more instr.",
    "more alloc.",
    "ratio",
    "target",
    "",
];

/// Prints the table.
pub(crate) fn print(arms: &[Arm], costs: &Costs<'_>, markdown: bool) {
    let mut rows = vec![HEADS.map(str::to_owned)];
    for arm in arms {
        let verdict = costs.judge(arm);
        let (figure, target, met) = match verdict {
            Some(verdict) => (verdict.figure, verdict.target, verdict.met),
            None if markdown => continue,
            None => Default::default(),
        };
        let has_target = !target.is_empty();
        let cost = costs.of(arm.name);
        let more = costs.more(arm.name);
        rows.push([
            arm.name.to_owned(),
            instructions(Some(cost), false),
            allocations(Some(cost), false),
            instructions(more, true),
            allocations(more, true),
            figure,
            target,
            match (has_target, met) {
                (false, _) => "",
                (true, None) => "not counted",
                (true, Some(true)) => "met",
                (true, Some(false)) => "MISSED",
            }
            .to_owned(),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 8] = std::array::from_fn(|column| width(column).unwrap_or_default());
    for (index, row) in rows.iter().enumerate() {
        if !markdown && index > 0 && arms[index - 1].opens_a_group {
            println!();
        }
        let (left, between, right) = if markdown {
            ("| ", " | ", " |")
        } else {
            ("", "  ", "")
        };
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                1..=5 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            })
            .collect();
        println!(
            "{}",
            format!("{left}{}{right}", cells.join(between)).trim_end()
        );
        if markdown && index == 0 {
            println!("|---|--:|--:|--:|--:|--:|---|---|");
        }
    }
}

fn instructions(cost: Option<Cost>, signed: bool) -> String {
    let count = cost.and_then(|cost| cost.instructions);
    count.map_or_else(String::new, |count| {
        if signed {
            format!("{count:+.0}")
        } else {
            format!("{count:.0}")
        }
    })
}

fn allocations(cost: Option<Cost>, signed: bool) -> String {
    let Some(Cost { allocations, .. }) = cost else {
        return String::new();
    };
    // A request allocates whole times; a fraction shows a buffer that grows once in a while.
    let digits = usize::from(allocations.fract() != 0.0);
    if signed {
        format!("{allocations:+.digits$}")
    } else {
        format!("{allocations:.digits$}")
    }
}
