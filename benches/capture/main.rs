//! What one request costs with our layer, and what it costs with what people write today:
//! instructions, counted by callgrind, and heap allocations, counted by our own allocator.
//!
//! Both counts repeat from run to run, which times would not. Allocations are the same on every
//! machine, so `--check` holds them to the budget; instructions differ with the processor and the
//! compiler, and are reported, but for the share that a part takes which is not asked.
//! Every arm is compared with an arm that serves the same request by the same service without
//! the thing in question, in the same run.
//!
//! ```sh
//! cargo bench --bench capture                 # the whole table
//! cargo bench --bench capture -- --check      # fails if an arm takes more than it may
//! cargo bench --bench capture -- --markdown   # the judged rows, as the README shows them
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on the terminal")]

mod allocator;
mod budget;
mod callgrind;
mod nothing;
mod plan;
mod requests;
mod routed;
mod table;
mod today;
mod wire;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let arms = plan::arms();
    if let Some(arm) = callgrind::arm_to_serve(&arguments) {
        callgrind::serve_counted(&mut *(arms[arm].work)());
        return ExitCode::SUCCESS;
    }
    let is_known = |word: &String| ["--bench", "--check", "--markdown"].contains(&word.as_str());
    if let Some(unknown) = arguments.iter().find(|word| !is_known(word)) {
        println!("{unknown} is unknown here: write --check, --markdown or nothing");
        return ExitCode::from(2);
    }

    let mut allocations = Vec::new();
    for arm in &arms {
        let mut work = (arm.work)();
        work.check(arm.name);
        allocations.push(allocator::count(&mut *work));
    }
    if !has("--bench") {
        // `cargo test --benches` comes without the word, and wants to know only that it runs.
        println!("all {} arms answer as they should", arms.len());
        return ExitCode::SUCCESS;
    }
    let instructions = callgrind::count(arms.len());
    if let Err(why) = &instructions {
        println!("instructions are not counted: {why}\n");
    }
    let costs = budget::Costs::new(&arms, &allocations, instructions.as_deref().ok());
    table::print(&arms, &costs, has("--markdown"));
    if has("--check") && !arms.iter().all(|arm| costs.is_kept(arm)) {
        println!("an arm takes more than it may");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
