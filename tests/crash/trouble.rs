//! What befalls the processes and the database.

use std::time::{Duration, SystemTime};

use tower_partnero::NewCustomer;
use tower_partnero::delivery::OutboxErrorKind;

use crate::calls::Away;
use crate::check::expect;
use crate::child::Process;
use crate::database::{Database, Pool};
use crate::worker::LEASE;
use crate::{Failure, say};

/// What else happens beside kills.
#[derive(Default)]
pub(crate) struct Trouble {
    pub(crate) workers: usize,
    /// Whether a worker is stopped past its lease and woken again.
    pub(crate) sleeps: bool,
    pub(crate) commands: Commands,
}

/// How the database's server is restarted, stopped and started, where the environment says.
#[derive(Default)]
pub(crate) struct Commands {
    pub(crate) restart: Option<String>,
    stop_and_start: Option<(String, String)>,
}

impl Commands {
    pub(crate) fn of_postgres() -> Self {
        let command = |name: &str| {
            let name = format!("TOWER_PARTNERO_TEST_POSTGRES_{name}");
            let command = std::env::var(&name).ok();
            if command.is_none() {
                say(&format!(
                    "left out: a {name} of PostgreSQL ({name} is not set)"
                ));
            }
            command
        };
        Self {
            restart: command("RESTART"),
            stop_and_start: command("STOP").zip(command("START")),
        }
    }
}

pub(crate) fn run(command: &str) -> Result<(), Failure> {
    let mut shell = std::process::Command::new("sh");
    let status = shell.args(["-c", command]).status()?;
    let failed = || format!("{command:?} ended with {status}");
    expect(status.success(), failed)
}

/// Stops a worker past its lease, in the middle of sales that it has announced, and wakes it.
/// On a fleet others have taken over by then.
pub(crate) async fn sleep_past_the_lease(
    worker: &Process,
    pool: &Pool,
    is_fleet: bool,
) -> Result<usize, Failure> {
    /// Tries until one meets a sale that is under way.
    const TRIES: usize = 500;
    for _ in 0..TRIES {
        worker.signal("-STOP")?;
        let announced = announced_by(pool, worker.id()).await?;
        if announced > 0 {
            tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
            while is_fleet && announced_by(pool, worker.id()).await? > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            worker.signal("-CONT")?;
            return Ok(announced);
        }
        worker.signal("-CONT")?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("no sale was ever under way".into())
}

/// How many sales this process has announced and not settled.
async fn announced_by(pool: &Pool, process: u32) -> Result<usize, Failure> {
    const ANNOUNCED: &str = "SELECT COUNT(*) FROM partnero_outbox \
         WHERE state = 'leased' AND kind = 'transaction' AND sent_at IS NOT NULL AND owner LIKE $1";
    // A worker's owner begins with the number of its process.
    let owner = format!("{process}-%");
    let announced: i64 = match pool {
        Pool::Sqlite(pool) => {
            sqlx::query_scalar(ANNOUNCED)
                .bind(owner)
                .fetch_one(pool)
                .await?
        }
        Pool::Postgres(pool) => {
            sqlx::query_scalar(ANNOUNCED)
                .bind(owner)
                .fetch_one(pool)
                .await?
        }
    };
    Ok(announced.try_into()?)
}

/// A customer who comes once the server is back.
pub(crate) const LATE: &str = "late";

/// Stops the server for ten seconds. Whoever enqueues meanwhile is told that the database cannot be
/// reached, and that trying again may help; it does, once the server is back.
pub(crate) async fn stop_for_a_while(
    commands: &Commands,
    database: &Database,
) -> Result<Option<Away>, Failure> {
    const WHILE: Duration = Duration::from_secs(10);
    const PATIENCE: Duration = Duration::from_secs(2);
    let Some((stop, start)) = &commands.stop_and_start else {
        return Ok(None);
    };
    let (_pool, outbox) =
        Database::open_within(&database.place, &database.schema, PATIENCE).await?;
    let from = SystemTime::now();
    let back = tokio::time::Instant::now() + WHILE;
    run(stop)?;
    let Err(error) = outbox.enqueue(NewCustomer::new(LATE)).await else {
        return Err("enqueued into a database that is away".into());
    };
    let told = error.kind() == OutboxErrorKind::Unavailable && error.is_retryable();
    expect(told, || format!("while the server was away: {error:?}"))?;
    tokio::time::sleep_until(back).await;
    run(start)?;
    while outbox.enqueue(NewCustomer::new(LATE)).await.is_err() {}
    Ok(Some(Away {
        from,
        to: SystemTime::now(),
    }))
}
