//! What the crate costs: one harness with five plans.
//!
//! ```sh
//! cargo bench --bench costs                          # all plans, one after the other
//! cargo bench --bench costs -- capture webhook       # these two
//! cargo bench --bench costs -- --check               # short runs that fail where a plan takes more than it may
//! cargo bench --bench costs -- server --rounds 2 --seconds 0.2
//! cargo bench --bench costs -- server --plot benches/server.svg
//! cargo bench --bench capture -- --check             # what a request costs, alone
//! ```
//!
//! The bench `capture` is this file under another name (`capture_alone.rs` is a link to it).
//!
//! `README.md` beside this file says what each plan measures, and has the figures.
#![expect(clippy::print_stdout, reason = "a bench reports on the terminal")]

mod capture;
mod client;
mod harness;
mod outbox;
mod server;
mod webhook;

use std::process::ExitCode;

use crate::harness::{Arm, Options, Served};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const PLANS: [&str; 5] = ["capture", "client", "server", "webhook", "outbox"];

/// The arms that a plan counts.
fn arms(plan: &str) -> Vec<Arm> {
    match plan {
        "capture" => capture::arms(),
        "client" => client::arms(),
        "webhook" => webhook::arms(),
        _ => Vec::new(),
    }
}

/// The apps that a plan serves, each in a process of its own.
fn served(plan: &str) -> Vec<Served> {
    match plan {
        "client" => client::served(),
        "server" => server::served(),
        "webhook" => webhook::served(),
        _ => Vec::new(),
    }
}

fn main() -> Result<ExitCode, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if harness::is_child(&words)? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut options = Options::default();
    let mut plans = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--bench" => options.is_bench = true,
            "--check" => options.is_check = true,
            "--tables" => options.is_tables = true,
            "--rounds" => options.rounds = Some(value()?.parse()?),
            "--seconds" => options.seconds = Some(value()?.parse()?),
            "--plot" => options.plot = Some(value()?.into()),
            plan if PLANS.contains(&plan) => plans.push(plan),
            _ => {
                let usage = format!(
                    "write {}, --check, --tables, --rounds N, --seconds S, --plot FILE",
                    PLANS.join(", ")
                );
                return Err(format!("{word} is unknown here: {usage}").into());
            }
        }
    }
    if plans.is_empty() {
        // Under the name of a plan this program runs that plan, else all of them.
        let of_this_name = |plan: &&str| *plan == env!("CARGO_CRATE_NAME");
        plans.extend(PLANS.into_iter().filter(of_this_name));
    }
    if plans.is_empty() {
        plans.extend(PLANS);
    }
    let mut is_kept = true;
    for plan in plans {
        println!("== {plan}\n");
        is_kept &= harness::count(plan, &options)?;
        match plan {
            "server" => {
                let rows = harness::load(plan, &options)?;
                if let Some(path) = &options.plot {
                    server::write(&rows, path)?;
                }
            }
            "webhook" => drop(harness::load(plan, &options)?),
            "outbox" => outbox::run(&options)?,
            _ => {}
        }
    }
    if !is_kept {
        println!("something takes more than it may");
    }
    Ok(if is_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
