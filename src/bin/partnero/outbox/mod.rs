//! Looks after the outbox of an app.

mod dead;
mod drain;
mod show;
mod status;

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use tower_partnero::Outbox;
use tower_partnero::delivery::Forgotten;

use crate::database::Database;
use crate::failure::Failure;
use crate::print::Printer;
use crate::{EXIT_CODES, Ending, span, wait};

/// Look at the reports that wait for Partnero in an app's database, and repair them
///
/// The app may run meanwhile. An outbox is never made, and a database without one is an error.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Asked(Asked),
    /// Deliver until nothing waits, beside the app's own workers
    Drain(drain::Arguments),
}

/// What one question to the database answers.
#[derive(Subcommand)]
enum Asked {
    /// Say how many reports wait, for how long, and how many are dead (exit code 3)
    Status,
    /// List the dead reports: those that are not sent again until a person decides (exit code 3)
    Dead,
    /// Show everything that the outbox holds about one customer, personal data included
    ///
    /// It answers why a sign-up was credited or not: when each report was sent, what Partnero
    /// answered, and what it waits for.
    Show {
        /// The app's own identifier of the user
        customer: String,
    },
    /// Make a dead report due again, or all of them except credits
    ///
    /// A sale that may have arrived is looked up at Partnero first. A credit cannot be looked up:
    /// find out whether it arrived before you replay it.
    Replay {
        /// The report's number in `partnero outbox dead`
        #[arg(value_name = "ID|all", value_parser = which)]
        which: Which,
    },
    /// Give a dead report up for good, and let those go on that wait for it
    Discard {
        /// The report's number in `partnero outbox dead`
        id: i64,
        /// Why, for whoever reads it next year
        reason: String,
    },
    /// End a pause of all deliveries at once
    ///
    /// A pause ends by itself, and Partnero may have asked for it. Use this for a pause that is so
    /// long that it must be a mistake.
    Resume,
    /// Make reports due that wait long for their next try
    ///
    /// A report that was tried waits up to an hour for its next try, or as long as Partnero has
    /// asked for. Use this after an outage, or after the database's clock was wrong.
    Hasten {
        /// Leave those alone that are due within this time
        #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "5m")]
        beyond: Duration,
    },
    /// Empty everything that the outbox holds about one customer, who is to be forgotten
    ///
    /// Nothing that waits will be sent. Receipts of sales, refunds and credits stay without personal
    /// data, so that none is paid twice. The app's worker, or `drain`, then deletes the customer at
    /// Partnero.
    Forget {
        /// The app's own identifier of the user
        customer: String,
    },
}

#[derive(Clone, Copy)]
enum Which {
    One(i64),
    All,
}

fn which(text: &str) -> Result<Which, String> {
    if text == "all" {
        return Ok(Which::All);
    }
    let id = text.parse().map(Which::One);
    id.map_err(|_| "write the number of a dead report, or `all`".to_owned())
}

pub(crate) async fn run(arguments: Arguments, printer: Printer) -> Result<Ending, Failure> {
    // Not awaited here: `drain` checks its key before it waits for the database.
    let open = wait::watched("opening the database", arguments.database.open());
    match arguments.command {
        Command::Asked(asked) => {
            let outbox = open.await?;
            let answer = answer(asked, &outbox, printer);
            wait::watched("asking the database", answer).await
        }
        Command::Drain(drain) => {
            // First of all, so that a missing key is said at once.
            let client = drain.client()?;
            drain::run(&drain, client, &open.await?, printer).await
        }
    }
}

async fn answer(asked: Asked, outbox: &Outbox, printer: Printer) -> Result<Ending, Failure> {
    let (text, object) = match asked {
        Asked::Status => return status::print(&outbox.status().await?, printer),
        Asked::Dead => return dead::list(outbox, printer).await,
        Asked::Show { customer } => return show::print(outbox, &customer, printer).await,
        Asked::Replay { which: Which::All } => {
            let replayed = outbox.replay_all().await?;
            (
                format!("{replayed} due again"),
                json!({ "replayed": replayed }),
            )
        }
        Asked::Replay {
            which: Which::One(id),
        } => {
            found(outbox.replay(id).await?, id)?;
            ("due again".to_owned(), json!({ "replayed": 1 }))
        }
        Asked::Discard { id, reason } => {
            found(outbox.discard(id, &reason).await?, id)?;
            ("given up".to_owned(), json!({ "discarded": 1 }))
        }
        Asked::Resume => {
            let resumed = outbox.resume().await?;
            let text = if resumed {
                "deliveries go on"
            } else {
                "there was no pause"
            };
            (text.to_owned(), json!({ "resumed": resumed }))
        }
        Asked::Hasten { beyond } => {
            let hastened = outbox.hasten(beyond).await?;
            (
                format!("{hastened} due now"),
                json!({ "hastened": hastened }),
            )
        }
        Asked::Forget { customer } => {
            let found = outbox.forget(&customer).await?;
            if found.waiting + found.receipts == 0 {
                let text = "there is nothing about this customer: is this the app's own identifier? If Partnero \
                     has the customer, a worker deletes it there";
                let object = json!({ "waiting": 0, "under_way": 0, "receipts": 0 });
                printer.result(text, &object)?;
                // A person has asked to be forgotten, and a mistyped name would forget nobody.
                return Ok(Ending::Attention);
            }
            forgotten(found)
        }
    };
    printer.result(&text, &object)?;
    Ok(Ending::Well)
}

fn forgotten(forgotten: Forgotten) -> (String, Value) {
    let Forgotten {
        waiting,
        under_way,
        receipts,
        ..
    } = forgotten;
    let mut text = format!(
        "{waiting} reports that waited will not be sent, {receipts} receipts were emptied; a worker \
         deletes the customer at Partnero"
    );
    if under_way > 0 {
        text =
            format!("{text}, after {under_way} of the reports that may be on their way right now");
    }
    let object = json!({ "waiting": waiting, "under_way": under_way, "receipts": receipts });
    (text, object)
}

fn found(found: bool, id: i64) -> Result<(), Failure> {
    if found {
        return Ok(());
    }
    Err(Failure::new(format!(
        "no dead report has the number {id}: `partnero outbox dead` lists them"
    )))
}
