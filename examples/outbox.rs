//! Shows what waits in an outbox and what is dead, and repairs it.
//!
//! ```sh
//! cargo run --example outbox -- --help
//! cargo run --example outbox -- outbox.db status
//! cargo run --example outbox -- outbox.db dead
//! cargo run --example outbox -- outbox.db replay 17        # or: replay all
//! cargo run --example outbox -- outbox.db discard 17 "a test order"
//! cargo run --example outbox -- outbox.db resume           # ends a pause of all deliveries
//! cargo run --example outbox -- postgres://localhost/shop status --json
//! cargo run --example outbox --features default-tls -- outbox.db drain
//! ```
//!
//! `drain` delivers until nothing waits. It reads the API key from the environment variable
//! `PARTNERO_API_KEY`, and another base URL from `PARTNERO_BASE_URL`. To reach Partnero itself, it
//! must be built with one of the TLS features, as above; to reach a sandbox on loopback, without. A
//! row that was tried waits before the next attempt, mostly for an hour at most, and its column
//! `last_answer` says why.
//! `UPDATE partnero_outbox SET due_at = 0 WHERE state = 'due' AND sent_at IS NULL` ends these
//! waits, also those that Partnero has asked for. It leaves out the rows that may have arrived,
//! which must wait.
//!
//! The exit code is 0 if all is well, 1 after an error, 2 for wrong arguments, 3 if there are dead
//! letters, and 4 if `drain` could not deliver everything within `DRAIN_SECONDS` (600 if not set).

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::Connection;
use tower_partnero::delivery::{DeadLetter, DeliveryWorker, Outbox, Status};
use tower_partnero::{ApiKey, Client};

const USAGE: &str = "usage: outbox <file.db | postgres://...> \
    <status | dead | replay <id | all> | discard <id> <reason> | resume | drain> [--json]";
/// There are dead letters: reports that are not sent again until a person decides.
const DEAD: u8 = 3;
const UNFINISHED: u8 = 4;

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .iter()
        .any(|argument| matches!(&**argument, "--help" | "-h"))
    {
        let _ = writeln!(std::io::stdout(), "{USAGE}");
        return ExitCode::SUCCESS;
    }
    let json = arguments.iter().any(|argument| argument == "--json");
    arguments.retain(|argument| argument != "--json");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (place, command) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(problem) => {
            complain(&problem);
            return ExitCode::from(2);
        }
    };
    match run(place, command, json).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            complain(&text);
            ExitCode::FAILURE
        }
    }
}

enum Command<'a> {
    Status,
    Dead,
    ReplayAll,
    Replay(i64),
    Discard(i64, &'a str),
    Resume,
    Drain,
}

fn parse<'a>(arguments: &[&'a str]) -> Result<(&'a str, Command<'a>), String> {
    let (place, command) = arguments.split_first().ok_or(USAGE)?;
    let id = |text: &str, or: &str| {
        text.parse()
            .map_err(|_| format!("{text:?} is no id: write a number{or}"))
    };
    let command = match *command {
        ["status"] => Command::Status,
        ["dead"] => Command::Dead,
        ["replay", "all"] => Command::ReplayAll,
        ["replay", text] => Command::Replay(id(text, ", or `all`")?),
        ["discard", text, reason] => Command::Discard(id(text, "")?, reason),
        ["resume"] => Command::Resume,
        ["drain"] => Command::Drain,
        _ => return Err(USAGE.to_owned()),
    };
    Ok((place, command))
}

async fn run(place: &str, command: Command<'_>, json: bool) -> Result<u8, Failure> {
    let outbox = open(place).await?;
    match command {
        Command::Status => report(json, &outbox.status().await?),
        Command::Dead => dead(&outbox, json).await,
        Command::ReplayAll => {
            let replayed = outbox.replay_all().await?;
            let text = format!("{replayed} due again");
            say(json, &text, &json!({ "replayed": replayed }))?;
            Ok(0)
        }
        Command::Replay(id) => found_or_not(json, outbox.replay(id).await?, "due again"),
        Command::Discard(id, reason) => {
            found_or_not(json, outbox.discard(id, reason).await?, "discarded")
        }
        Command::Resume => {
            let resumed = outbox.resume().await?;
            let text = if resumed {
                "deliveries go on"
            } else {
                "there was no pause"
            };
            say(json, text, &json!({ "resumed": resumed }))?;
            Ok(0)
        }
        Command::Drain => drain(&outbox, json).await,
    }
}

/// Opens an outbox that exists. It does not create one: a new outbox in the wrong database would be
/// empty, and the operator would believe that all is well.
async fn open(place: &str) -> Result<Outbox, Failure> {
    // The address is left out, because it may contain a password.
    let missing = "there is no outbox in this database: an app makes it when it first starts";
    if place.starts_with("postgres") {
        let wait = Duration::from_secs(5);
        // A single connection first, because its error says what is wrong. A pool would try again
        // until its time is up, and say only that.
        let first = sqlx::PgConnection::connect(place);
        tokio::time::timeout(wait, first)
            .await
            .map_err(|_| "PostgreSQL does not answer at this address")??;
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(wait)
            .connect(place)
            .await?;
        let found = "SELECT to_regclass('partnero_outbox') IS NOT NULL";
        if !sqlx::query_scalar(found).fetch_one(&pool).await? {
            return Err(missing.into());
        }
        return Ok(Outbox::postgres(pool).await?);
    }
    if !std::path::Path::new(place).exists() {
        return Err(format!("there is no file {place}").into());
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place);
    let pool = sqlx::SqlitePool::connect_with(options).await?;
    let found = "SELECT COUNT(*) > 0 FROM sqlite_schema WHERE name = 'partnero_outbox'";
    let found = sqlx::query_scalar(found).fetch_one(&pool).await?;
    pool.close().await;
    if found {
        Ok(Outbox::sqlite(place).await?)
    } else {
        Err(missing.into())
    }
}

/// Prints the status, as a line of text or as a JSON object, and returns the exit code.
fn report(json: bool, status: &Status) -> Result<u8, Failure> {
    let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs());
    let mut text = format!(
        "{} pending, {} of them due; {} held; {} dead",
        status.pending, status.ready, status.held, status.dead
    );
    if let Some(oldest) = seconds(status.oldest) {
        text = format!("{text}; the oldest waits for {oldest} s");
    }
    if let (Some(shut), Some(why)) = (seconds(status.shut_for), &status.shut_because) {
        text = format!("{text}; pausing for {shut} s: {why}");
    }
    let object = json!({
        "pending": status.pending,
        "ready": status.ready,
        "held": status.held,
        "dead": status.dead,
        "oldest_seconds": seconds(status.oldest),
        "shut_seconds": seconds(status.shut_for),
        "shut_because": status.shut_because,
    });
    say(json, &text, &object)?;
    Ok(if status.dead > 0 { DEAD } else { 0 })
}

async fn dead(outbox: &Outbox, json: bool) -> Result<u8, Failure> {
    let mut after = 0;
    let mut any = false;
    loop {
        let page = outbox.dead(after, 100).await?;
        let Some(last) = page.last() else {
            return Ok(if any { DEAD } else { 0 });
        };
        (after, any) = (last.id, true);
        for letter in &page {
            let (text, object) = describe(letter);
            say(json, &text, &object)?;
        }
    }
}

fn describe(letter: &DeadLetter) -> (String, Value) {
    let text = format!(
        "{}\t{} {} of customer {}\t{} after {} tries\t{}",
        letter.id,
        letter.kind,
        letter.key,
        letter.customer,
        letter.reason,
        letter.attempts,
        letter.last_answer
    );
    let object = json!({
        "id": letter.id,
        "kind": letter.kind.as_str(),
        "key": letter.key,
        "customer": letter.customer,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "last_answer": letter.last_answer,
    });
    (text, object)
}

fn found_or_not(json: bool, found: bool, done: &str) -> Result<u8, Failure> {
    if !found {
        return Err("there is no dead letter of this id".into());
    }
    say(json, done, &json!({ "done": done }))?;
    Ok(0)
}

/// Delivers with a worker of this program. Workers of the app may run at the same time.
async fn drain(outbox: &Outbox, json: bool) -> Result<u8, Failure> {
    let key = std::env::var("PARTNERO_API_KEY").map_err(|_| "PARTNERO_API_KEY is not set")?;
    let mut client = Client::builder(ApiKey::new(key)?);
    if let Ok(url) = std::env::var("PARTNERO_BASE_URL") {
        client = client.base_url(url);
    }
    let seconds = std::env::var("DRAIN_SECONDS").map_or(Ok(600), |seconds| seconds.parse())?;
    let worker = DeliveryWorker::start(outbox.clone(), client.build()?)?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let total = outbox.status().await?.pending;
    let status = loop {
        let status = outbox.status().await?;
        bar(total, &status)?;
        if status.is_drained() || Instant::now() >= end {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    worker.stop(Duration::from_secs(10)).await;
    let code = report(json, &status)?;
    Ok(if status.is_drained() {
        code
    } else {
        UNFINISHED
    })
}

/// Only on a terminal, and on stderr, so that it does not mix with the output.
fn bar(total: u64, status: &Status) -> Result<(), Failure> {
    const WIDTH: u64 = 40;
    let mut terminal = std::io::stderr();
    if !terminal.is_terminal() {
        return Ok(());
    }
    let done = total.saturating_sub(status.pending);
    let filled = usize::try_from(WIDTH * done / total.max(1))?;
    let bar = "#".repeat(filled);
    let width = usize::try_from(WIDTH)?;
    write!(terminal, "\r[{bar:<width$}] {done}/{total}")?;
    if status.is_drained() {
        writeln!(terminal)?;
    }
    Ok(terminal.flush()?)
}

fn say(json: bool, text: &str, object: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{object}")?;
    } else {
        writeln!(out, "{text}")?;
    }
    Ok(())
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
