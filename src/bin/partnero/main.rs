//! `partnero`: the operator's program.
//!
//! It asks Partnero, looks after an outbox, and runs a local Partnero, from a shell or a script. It
//! calls the public API of the library and nothing else. `partnero --help` says what it does.

mod access;
mod backfill;
mod check;
mod database;
mod failure;
mod outbox;
mod print;
mod reconcile;
mod sandbox;
mod span;
mod trigger;
mod users;
mod wait;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::failure::Failure;
use self::print::Printer;

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  something failed: a database, the network, or a refusal by Partnero
  2  wrong arguments
  3  it is done, and a person has to look: dead reports, refused users, users without their
     referrer, or something else that is not as it should be
  4  not everything could be done in the given time";

#[derive(Parser)]
#[command(
    name = "partnero",
    version,
    about = "Looks after a Partnero program and the outbox of an app that uses tower-partnero",
    after_help = EXIT_CODES,
)]
struct Arguments {
    /// Print JSON: one object a line, for scripts
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Outbox(outbox::Arguments),
    // Boxed, because its options are many times as large as those of the other commands.
    Sandbox(Box<sandbox::Arguments>),
    Trigger(trigger::Arguments),
    Backfill(backfill::Arguments),
    Reconcile(reconcile::Arguments),
}

/// How a command ended that did not fail.
#[derive(Clone, Copy)]
enum Ending {
    Well,
    /// A person has to look.
    Attention,
    /// The time was up.
    Unfinished,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { json, command } = Arguments::parse();
    let printer = Printer::new(json);
    let ended = match command {
        Command::Check(arguments) => check::run(arguments, printer).await,
        Command::Outbox(arguments) => outbox::run(arguments, printer).await,
        Command::Sandbox(arguments) => sandbox::run(*arguments, printer).await,
        Command::Trigger(arguments) => trigger::run(arguments, printer).await,
        Command::Backfill(arguments) => backfill::run(arguments, printer).await,
        Command::Reconcile(arguments) => reconcile::run(arguments, printer).await,
    };
    match ended {
        // Not 1 or 2: a script must be able to tell a finding from a failure.
        Ok(Ending::Attention) => ExitCode::from(3),
        Ok(Ending::Unfinished) => ExitCode::from(4),
        // Whoever read the output has closed it, as `head` does.
        Ok(Ending::Well) | Err(Failure::Unread) => ExitCode::SUCCESS,
        Err(Failure::Failed(text)) => {
            printer.complain(&text);
            ExitCode::FAILURE
        }
        Err(Failure::Mistake(text)) => {
            printer.complain(&text);
            ExitCode::from(2)
        }
    }
}
