//! 10,000 events, told twice and out of order to a receiver that keeps dying: every effect once.
//!
//! The parent is Partnero: a sandbox that tries again whatever was not answered. The child is the
//! app, which writes digest and effect in one SQLite transaction. It is killed by SIGKILL, and it
//! aborts by itself where it hurts most: behind the commit and before the answer.

mod receiver;
mod run;

use std::process::ExitCode;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["receiver", file, port, secret, last] => receiver::run(file, port, secret, last).await,
        _ if arguments.contains(&"--list") => Ok(()),
        // `cargo test <name>` asks every test binary for the name.
        [name, ..] if !name.starts_with('-') && !"webhook_crash".contains(name) => Ok(()),
        _ => run::proof(10_000, 12).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a test without a harness reports by itself"
)]
fn say(text: &str) {
    eprintln!("webhook_crash: {text}");
}
