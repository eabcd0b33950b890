//! One proof: a bad Partnero, an app and workers that are killed, and what is there in the end.

use std::time::{Duration, Instant};

use http::Method;
use http::header::RETRY_AFTER;
use tower_partnero::Sandbox;
use tower_partnero::delivery::{Outbox, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::UnreferredSale;

use crate::calls::Deaf;
use crate::child::Process;
use crate::database::{Database, Pool};
use crate::worker::LEASE;
use crate::{Failure, app, calls, check, say};

/// How much of it.
pub(crate) struct Form {
    pub(crate) users: usize,
    kills: usize,
    /// From one kill to the next.
    pace: Duration,
    outage: Duration,
    patience: Duration,
}

impl Form {
    pub(crate) const SHORT: Self = Self {
        users: 150,
        kills: 8,
        pace: Duration::from_millis(900),
        outage: Duration::from_secs(2),
        patience: Duration::from_secs(120),
    };
    pub(crate) const LONG: Self = Self {
        users: 5_000,
        kills: 100,
        pace: Duration::from_millis(2_500),
        outage: Duration::from_secs(5),
        patience: Duration::from_secs(3_600),
    };
}

/// What else happens.
pub(crate) struct Trouble {
    pub(crate) workers: usize,
    /// Whether a worker is stopped past its lease and woken again.
    pub(crate) stops: bool,
    /// The command that restarts the database.
    pub(crate) restart: Option<String>,
}

pub(crate) async fn run(database: Database, form: &Form, trouble: Trouble) -> Result<(), Failure> {
    let began = Instant::now();
    let sandbox = Sandbox::builder()
        .switch(UnreferredSale::Recorded)
        .start()
        .await?;
    misbehave(&sandbox);
    let (pool, outbox) = Database::open(&database.place, &database.schema).await?;
    let place = [database.place.as_str(), &database.schema];
    let users = form.users.to_string();
    let mut shop = Process::start(&["app", place[0], place[1], &users])?;
    let mut workers = Vec::new();
    for _ in 0..trouble.workers {
        workers.push(Process::start(&[
            "worker",
            place[0],
            place[1],
            &sandbox.base_url(),
        ])?);
    }

    let mut deaf = Vec::new();
    for kill in 0..form.kills {
        tokio::time::sleep(form.pace).await;
        // Every fourth time it is the app, as long as it lives.
        if kill % 4 == 3 && !shop.is_finished()? {
            shop.kill_and_restart()?;
        } else {
            let victim = kill % workers.len();
            workers[victim].kill_and_restart()?;
            deaf.push(Deaf::now());
        }
        if kill == form.kills / 3 {
            // Answers that were on their way are cut off with their connections.
            let down = Deaf::now();
            sandbox.go_down().await;
            tokio::time::sleep(form.outage).await;
            sandbox.come_back().await?;
            deaf.push(down.until_now());
        }
        if trouble.stops && kill == form.kills / 2 {
            let stopped = Deaf::now();
            stop_past_the_lease(&workers[0]).await?;
            deaf.push(stopped.until_now());
        }
        if let Some(command) = &trouble.restart
            && (kill == form.kills / 4 || kill == form.kills * 3 / 4)
        {
            let stopped = Deaf::now();
            restart(command)?;
            deaf.push(stopped.until_now());
        }
    }
    wait_for_the_end(&mut shop, &pool, &outbox, form).await?;
    drop(workers);
    let told = check::everything(&sandbox, &pool, &outbox, form.users).await?;
    let early = calls::before_retry_after(&sandbox.requests(), &deaf)?;
    say(&format!(
        "{}: {} users, {} orders, {} kills, {} workers in {:.0?}: {told}, {early}, {} calls in all",
        database.name(),
        form.users,
        form.users,
        form.kills,
        trouble.workers,
        began.elapsed(),
        sandbox.requests().len(),
    ));
    Ok(())
}

/// 5 % are told to come back in a second, 3 % fail, 2 % are done and not answered, 2 % are cut
/// off; some customers and some sales are refused for good.
fn misbehave(sandbox: &Sandbox) {
    let refusal = || Fault::status(422);
    sandbox.inject(
        refusal()
            .on(Method::POST, "/v1/customers")
            .mentioning("\"bad-"),
    );
    sandbox.inject(
        refusal()
            .on(Method::POST, "/v1/transactions")
            .mentioning("\"bad-order"),
    );
    sandbox.inject(Fault::status(429).header(RETRY_AFTER, 1).every(20));
    sandbox.inject(Fault::status(503).every(33));
    sandbox.inject(Fault::hang_after().every(50));
    sandbox.inject(Fault::cut_before().every(100));
    sandbox.inject(Fault::cut_after().every(100));
}

async fn stop_past_the_lease(worker: &Process) -> Result<(), Failure> {
    worker.signal("-STOP")?;
    tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
    worker.signal("-CONT")
}

fn restart(command: &str) -> Result<(), Failure> {
    let status = std::process::Command::new("sh")
        .args(["-c", command])
        .status()?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| "the database was not restarted".into())
}

async fn wait_for_the_end(
    shop: &mut Process,
    pool: &Pool,
    outbox: &Outbox,
    form: &Form,
) -> Result<(), Failure> {
    let end = Instant::now() + form.patience;
    loop {
        let is_stored = shop.is_finished()?;
        let status = outbox.status().await;
        if is_stored && status.as_ref().is_ok_and(Status::is_drained) {
            return Ok(());
        }
        if Instant::now() > end {
            let stored = app::stored(pool, "users").await;
            return Err(format!("not done: {stored:?} stored, {status:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
