//! What verifying and reading a webhook costs, as a ratio to what cannot be left out: the bare
//! HMAC and `serde_json`. What refusing one costs, whatever is wrong with it. And a receiver under
//! load, as a ratio to an axum handler that only reads the body.
//!
//! Instructions are counted by callgrind, whose processor has none for SHA-256; times are those of
//! this processor, in rounds that take turns.
//!
//! ```sh
//! cargo bench --bench webhook                                  # the whole report
//! cargo bench --bench webhook -- --check                       # fails if a ratio of instructions is too large
//! cargo bench --bench webhook -- --rounds 2 --seconds 0.2      # only to see that the load runs
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on the terminal")]

mod app;
mod arms;
#[path = "../capture/callgrind.rs"]
mod callgrind;
mod costs;
#[path = "../server/load.rs"]
mod load;
#[path = "../server/process.rs"]
mod process;
#[path = "../server/report.rs"]
mod report;
#[path = "../server/rounds.rs"]
mod rounds;
#[path = "../server/serve.rs"]
mod serve;
mod work;

use std::process::ExitCode;

use crate::rounds::Options;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(arm) = callgrind::arm_to_serve(&arguments) {
        callgrind::serve_counted(&mut *arms::arms().swap_remove(arm).work);
        return Ok(ExitCode::SUCCESS);
    }
    let is_bench = arguments.iter().any(|word| word == "--bench");
    let mut options = Options::new(is_bench);
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        let value = |value: Option<String>| value.ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--rounds" => options.rounds = value(words.next())?.parse()?,
            "--seconds" => options.seconds = value(words.next())?.parse()?,
            "--check" => return Ok(costs::check()),
            process::SERVE => {
                let arm: app::Arm = value(words.next())?.parse()?;
                return serve::serve(|| arm.app()).map(|()| ExitCode::SUCCESS);
            }
            "--bench" => {}
            _ => {
                let usage = "write --check, or --rounds N, --seconds S";
                return Err(format!("{word} is unknown: {usage}").into());
            }
        }
    }
    costs::report(is_bench);
    options.run()?;
    Ok(ExitCode::SUCCESS)
}
