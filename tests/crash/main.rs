//! Real processes, killed by SIGKILL: what was committed arrives, once, in order.
//!
//! `cargo test --test crash` runs the short form. The long one, 5,000 sign-ups and 5,000 sales
//! with 100 kills on each engine, is
//!
//! ```sh
//! cargo test --release --test crash -- --long
//! ```
//!
//! PostgreSQL is included where `TOWER_PARTNERO_TEST_POSTGRES` holds a URL, and its restarts
//! where `TOWER_PARTNERO_TEST_POSTGRES_RESTART` holds a command that restarts it.
//!
//! The parent is Partnero, and kills. One child is the app: it stores users and orders, each with
//! its report in one transaction. The other children are workers.

mod app;
mod calls;
mod check;
mod child;
mod database;
mod run;
mod worker;

use std::process::ExitCode;

use self::database::Database;
use self::run::{Form, Trouble};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["app", database, schema, users] => app::run(database, schema, users).await,
        ["worker", database, schema, base_url] => worker::run(database, schema, base_url).await,
        _ if arguments.contains(&"--list") => Ok(()),
        _ if arguments.contains(&"--long") => proof(Form::LONG).await,
        // `cargo test <name>` asks every test binary for the name.
        [name, ..] if !name.starts_with('-') && !"crash".contains(name) => Ok(()),
        _ => proof(Form::SHORT).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn proof(form: Form) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("shop.db");
    run::run(
        Database::sqlite(&file),
        &form,
        Trouble {
            workers: 1,
            stops: true,
            restart: None,
        },
    )
    .await?;
    match Database::postgres().await? {
        None => say("left out: crash on PostgreSQL (TOWER_PARTNERO_TEST_POSTGRES is not set)"),
        Some(database) => {
            let restart = std::env::var("TOWER_PARTNERO_TEST_POSTGRES_RESTART").ok();
            if restart.is_none() {
                say(
                    "left out: restarts of PostgreSQL (TOWER_PARTNERO_TEST_POSTGRES_RESTART is not set)",
                );
            }
            run::run(
                database,
                &form,
                Trouble {
                    workers: 3,
                    stops: true,
                    restart,
                },
            )
            .await?;
        }
    }
    Ok(())
}

/// A line for whoever watches.
fn say(line: &str) {
    use std::io::Write;

    let _ = writeln!(std::io::stderr(), "crash: {line}");
}
