//! Real processes are killed by SIGKILL, and every committed report arrives, once and in order.
//!
//! `cargo test --test crash` runs the short form, on each engine, in a small affiliate program, and
//! under one answer of the sandbox's switches, another one each time. The long form, 5,000 sign-ups and 5,000 sales with 100
//! kills on each engine, and a small one under every answer of the switches, are
//!
//! ```sh
//! cargo test --release --test crash -- --long
//! cargo test --release --test crash -- --switches
//! ```
//!
//! On a machine with two cores and much other work the long form took 15 minutes. Of 5,000 sign-ups
//! and 5,000 sales none was lost and none paid twice, in either engine; 1,600 customers came with
//! their referrer, and the 167 reports that had to be dead were dead.
//!
//! | | SQLite, one worker | PostgreSQL, three |
//! |---|--:|--:|
//! | minutes | 14 | 10 |
//! | calls to Partnero | 14,339 | 16,655 |
//! | waits that Partnero asked for | 700 | 745 |
//! | calls of a process before the end of a wait that it knew of | 0 | 0 |
//! | latest call after another process had put a wait on record | | 80 ms |
//! | waits not on record, because the process that heard of them was killed | 5 | 1 |
//!
//! PostgreSQL is included if `TOWER_PARTNERO_TEST_POSTGRES` holds a URL; its restarts and a stop of
//! ten seconds, if `TOWER_PARTNERO_TEST_POSTGRES_RESTART`, `..._STOP` and `..._START` hold commands.
//!
//! The parent process runs the sandbox and kills the others. One child is the app: it stores users
//! and orders, each with its report in one transaction. The other children are workers, which write
//! down what they do (`witness`). One worker is stopped by SIGSTOP during a sale, and goes on after
//! its leases have ended.

mod app;
mod calls;
mod check;
mod child;
mod database;
mod proof;
mod switches;
mod trouble;
mod witness;
mod worker;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Builder;
use tokio::task::JoinSet;

use self::app::Program;
use self::database::Database;
use self::proof::Form;
use self::switches::Answer;
use self::trouble::{Commands, Trouble};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Failure> {
    // A worker has one thread, so that it writes events down in the order in which they happen.
    let mut runtime = match arguments {
        ["worker", ..] => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(async {
        match *arguments {
            ["app", database, schema, program, users] => {
                let program = Program::parse(program);
                app::run(database, schema, program, users).await
            }
            ["worker", database, schema, program, base_url, witnesses] => {
                let program = Program::parse(program);
                worker::run(database, schema, program, base_url, witnesses).await
            }
            _ if arguments.contains(&"--list") => Ok(()),
            _ if arguments.contains(&"--long") => long().await,
            _ if arguments.contains(&"--switches") => under_each(switches::all()).await,
            // `cargo test <name>` asks every test binary for the name.
            [name, ..] if !name.starts_with('-') && !"crash".contains(name) => Ok(()),
            _ => short().await,
        }
    })
}

/// All proofs run at the same time, because a busy machine is a part of the test.
async fn short() -> Result<(), Failure> {
    let mut answers = switches::all();
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let turn = usize::try_from(seconds)? % answers.len();
    let answer = answers.swap_remove(turn);
    tokio::try_join!(
        under_each(vec![answer]),
        on_sqlite(&Form::SHORT),
        under(None, &Form::AFFILIATE),
        on_postgres(&Form::SHORT),
    )?;
    Ok(())
}

async fn long() -> Result<(), Failure> {
    tokio::try_join!(on_sqlite(&Form::LONG), on_postgres(&Form::LONG))?;
    Ok(())
}

async fn on_sqlite(form: &Form) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = Database::sqlite(&directory.path().join("shop.db"));
    let alone = Trouble {
        workers: 1,
        sleeps: true,
        commands: Commands::default(),
    };
    proof::run(&file, form, &alone, None).await
}

async fn on_postgres(form: &Form) -> Result<(), Failure> {
    let Some(database) = Database::postgres().await? else {
        say("left out: every test on PostgreSQL (TOWER_PARTNERO_TEST_POSTGRES is not set)");
        return Ok(());
    };
    let fleet = Trouble {
        workers: 3,
        sleeps: true,
        commands: Commands::of_postgres(),
    };
    proof::run(&database, form, &fleet, None).await
}

/// Several run at a time, because most of the time is spent waiting.
async fn under_each(answers: Vec<Answer>) -> Result<(), Failure> {
    const AT_ONCE: usize = 4;
    let mut running = JoinSet::new();
    for answer in answers {
        if running.len() == AT_ONCE
            && let Some(ended) = running.join_next().await
        {
            ended??;
        }
        running.spawn(async move { under(Some(&answer), &Form::TINY).await });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

/// On SQLite, with one worker.
async fn under(answer: Option<&Answer>, form: &Form) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let file = Database::sqlite(&directory.path().join("shop.db"));
    let alone = Trouble {
        workers: 1,
        ..Trouble::default()
    };
    let result = proof::run(&file, form, &alone, answer).await;
    let name = answer.map_or(form.program.name(), |answer| &answer.name);
    result.map_err(|error| format!("with {name}: {error}").into())
}

fn say(line: &str) {
    use std::io::Write;

    let _ = writeln!(std::io::stderr(), "crash: {line}");
}
