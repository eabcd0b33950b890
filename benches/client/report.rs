//! Shows the arms and their costs.

use crate::arms::Arm;

/// Prints the table.
pub(crate) fn print(arms: &[Arm], allocations: &[f64], instructions: Option<&[f64]>) {
    println!(
        "{:<36}  {:>12}  {:>11}  {:>11}  {:>11}",
        "per call", "instructions", "allocations", "more instr.", "more alloc."
    );
    for (index, arm) in arms.iter().enumerate() {
        let over = arm
            .baseline
            .and_then(|name| arms.iter().position(|arm| arm.name == name));
        let count = |counts: Option<&[f64]>, digits: usize| {
            let here = counts.and_then(|counts| counts.get(index).copied());
            here.map_or_else(String::new, |count| format!("{count:.digits$}"))
        };
        let more = |counts: Option<&[f64]>, digits: usize| {
            let more = counts
                .zip(over)
                .map(|(counts, over)| counts[index] - counts[over]);
            more.map_or_else(String::new, |more| format!("{more:+.digits$}"))
        };
        println!(
            "{:<36}  {:>12}  {:>11}  {:>11}  {:>11}",
            arm.name,
            count(instructions, 0),
            count(Some(allocations), 1),
            more(instructions, 0),
            more(Some(allocations), 1)
        );
    }
}
