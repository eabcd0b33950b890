//! What happens to the processes and the database beside kills.

use std::time::{Duration, Instant, SystemTime};

use http::Method;
use tower_partnero::client::{Amount, Money};
use tower_partnero::delivery::{Outbox, OutboxErrorKind, Sale};
use tower_partnero::sandbox::Fault;
use tower_partnero::{NewCustomer, Sandbox};

use crate::calls::Away;
use crate::check::expect;
use crate::child::Process;
use crate::database::{Database, Pool};
use crate::worker::LEASE;
use crate::{Failure, say};

/// Which troubles there are.
#[derive(Default)]
pub(crate) struct Trouble {
    pub(crate) workers: usize,
    /// Whether a worker is stopped past its lease and woken again.
    pub(crate) sleeps: bool,
    pub(crate) commands: Commands,
}

/// The commands that restart, stop and start the database's server, if the environment has them.
#[derive(Default)]
pub(crate) struct Commands {
    pub(crate) restart: Option<String>,
    stop_and_start: Option<(String, String)>,
}

impl Commands {
    pub(crate) fn of_postgres() -> Self {
        let command = |what: &str, name: &str| {
            let name = format!("TOWER_PARTNERO_TEST_POSTGRES_{name}");
            let command = std::env::var(&name).ok();
            if command.is_none() {
                say(&format!(
                    "left out: {what} of PostgreSQL ({name} is not set)"
                ));
            }
            command
        };
        let stop = command("a stop", "STOP");
        Self {
            restart: command("restarts and crashes", "RESTART"),
            stop_and_start: stop.zip(command("a start", "START")),
        }
    }
}

pub(crate) fn run(command: &str) -> Result<(), Failure> {
    let mut shell = std::process::Command::new("sh");
    let status = shell.args(["-c", command]).status()?;
    let failed = || format!("{command:?} ended with {status}");
    expect(status.success(), failed)
}

/// The customer who buys while a worker is stopped.
pub(crate) const SLEEPER: &str = "sleeper";

pub(crate) fn sleeper_order(number: usize) -> String {
    format!("sleeper-order-{number}")
}

/// Lets Partnero record a sale without an answer, stops the worker that waits for the answer, and wakes
/// it after its lease. With several workers another one has delivered the sale by then, within
/// `patience`. Returns how many sales it took until a worker was stopped in time.
pub(crate) async fn sleep_past_the_lease(
    workers: &[Process],
    sandbox: &Sandbox,
    outbox: &Outbox,
    pool: &Pool,
    patience: Duration,
) -> Result<usize, Failure> {
    outbox.enqueue(NewCustomer::new(SLEEPER)).await?;
    for number in 0.. {
        let order = sleeper_order(number);
        let hangs = Fault::hang_after().on(Method::POST, "/v1/transactions");
        sandbox.inject(hangs.mentioning(&order).times(1));
        let price = Money::currency(Amount::major("19.90")?, "EUR");
        outbox.enqueue(Sale::new(&order, SLEEPER, price)).await?;
        let Some(worker) = caught(workers, sandbox, pool, &order).await? else {
            continue;
        };
        tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
        let since = Instant::now();
        while workers.len() > 1 && state(pool, &order).await?.0 != "done" {
            if since.elapsed() > patience {
                let (state, status) = (state(pool, &order).await?, outbox.status().await?);
                let stands = format!("{state:?}, {status:?}");
                return Err(format!("the sale of the worker that was stopped is {stands}").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        worker.signal("-CONT")?;
        return Ok(number + 1);
    }
    Err("no worker was caught".into())
}

/// Stops the worker that waits for the answer to this sale. `None` if it was too fast.
async fn caught<'a>(
    workers: &'a [Process],
    sandbox: &Sandbox,
    pool: &Pool,
    order: &str,
) -> Result<Option<&'a Process>, Failure> {
    loop {
        let (state, owner) = state(pool, order).await?;
        if state == "done" {
            return Ok(None);
        }
        let owner = owner.unwrap_or_default();
        // A worker's name begins with the number of its process.
        let is_owner = |worker: &&Process| owner.starts_with(&format!("{}-", worker.id()));
        if let Some(worker) = workers.iter().find(is_owner)
            && is_recorded(sandbox, order)
        {
            worker.signal("-STOP")?;
            if self::state(pool, order).await? == ("leased".to_owned(), Some(owner)) {
                return Ok(Some(worker));
            }
            worker.signal("-CONT")?;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_recorded(sandbox: &Sandbox, order: &str) -> bool {
    let transactions = sandbox.transactions();
    let mut keys = transactions.iter().map(|sale| sale.key.as_deref());
    keys.any(|key| key == Some(order))
}

/// The state of a sale, and the owner of its lease.
async fn state(pool: &Pool, order: &str) -> Result<(String, Option<String>), Failure> {
    const STATE: &str =
        "SELECT state, owner FROM partnero_outbox WHERE kind = 'transaction' AND key = $1";
    Ok(match pool {
        Pool::Sqlite(pool) => sqlx::query_as(STATE).bind(order).fetch_one(pool).await?,
        Pool::Postgres(pool) => sqlx::query_as(STATE).bind(order).fetch_one(pool).await?,
    })
}

/// The customer who signs up once the server is back.
pub(crate) const LATE: &str = "late";

/// Stops the server for ten seconds. Enqueueing then fails with an error that says that the database
/// cannot be reached and that trying again may help. Once the server is back, it helps.
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
