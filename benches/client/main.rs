//! What a call costs with our client, and what it costs with reqwest alone: instructions, counted
//! by callgrind, and heap allocations, counted by our own allocator. And how much memory a long
//! list takes that is read as a stream.
//!
//! The answers come from a process of their own, so that nothing of them is counted. Each arm is
//! compared with one that makes the same exchange and reads the same JSON without our client.
//!
//! ```sh
//! cargo bench --bench client                  # the whole report
//! cargo bench --bench client -- --check       # fails if the memory of a stream grows
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on the terminal")]

mod allocator;
mod arms;
#[path = "../capture/callgrind.rs"]
mod callgrind;
mod report;
mod server;
mod stream;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if has(server::ANSWER) {
        server::answer();
        return ExitCode::SUCCESS;
    }
    let arms = arms::arms();
    if let Some(arm) = callgrind::arm_to_serve(&arguments) {
        callgrind::serve_counted(&mut *(arms[arm].work)());
        return ExitCode::SUCCESS;
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
    let is_flat = stream::measure();
    if has("--check") {
        return if is_flat {
            ExitCode::SUCCESS
        } else {
            println!("the memory of a stream grows with the list");
            ExitCode::FAILURE
        };
    }
    let instructions = callgrind::count(arms.len());
    if let Err(why) = &instructions {
        println!("instructions are not counted: {why}\n");
    }
    report::print(&arms, &allocations, instructions.as_deref().ok());
    ExitCode::SUCCESS
}
