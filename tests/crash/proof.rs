//! One proof: a sandbox that fails, an app and workers that are killed, and a check at the end.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use http::Method;
use http::header::RETRY_AFTER;
use tower_partnero::client::NewPartner;
use tower_partnero::delivery::{Outbox, Status};
use tower_partnero::sandbox::Fault;
use tower_partnero::sandbox::switches::UnreferredSale;
use tower_partnero::{ApiKey, Client, Sandbox};

use crate::app::Program;
use crate::calls::Away;
use crate::check::Story;
use crate::child::Process;
use crate::database::{Database, Pool};
use crate::switches::Answer;
use crate::trouble::{self, Trouble, sleep_past_the_lease};
use crate::{Failure, app, calls, check, say};

/// How long one proof is.
pub(crate) struct Form {
    pub(crate) program: Program,
    pub(crate) users: usize,
    kills: usize,
    /// The time from one kill to the next.
    pace: Duration,
    outage: Duration,
    patience: Duration,
}

impl Form {
    pub(crate) const SHORT: Self = Self {
        program: Program::ReferAFriend,
        users: 150,
        kills: 8,
        pace: Duration::from_millis(900),
        outage: Duration::from_secs(2),
        patience: Duration::from_secs(120),
    };
    pub(crate) const LONG: Self = Self {
        program: Program::ReferAFriend,
        users: 5_000,
        kills: 100,
        pace: Duration::from_millis(2_500),
        outage: Duration::from_secs(5),
        patience: Duration::from_secs(3_600),
    };
    /// For each answer of a switch.
    pub(crate) const TINY: Self = Self {
        program: Program::ReferAFriend,
        users: 51,
        kills: 4,
        pace: Duration::from_millis(600),
        outage: Duration::from_millis(500),
        patience: Duration::from_secs(120),
    };
    pub(crate) const AFFILIATE: Self = Self {
        program: Program::Affiliate,
        ..Self::TINY
    };
}

pub(crate) async fn run(
    database: &Database,
    form: &Form,
    trouble: &Trouble,
    answer: Option<&Answer>,
) -> Result<(), Failure> {
    let began = Instant::now();
    let witnesses = tempfile::tempdir()?;
    let sandbox = Sandbox::builder().switch(UnreferredSale::Recorded);
    let sandbox = match form.program {
        Program::ReferAFriend => sandbox.start().await?,
        Program::Affiliate => {
            let sandbox = sandbox.affiliate().start().await?;
            create_partners(&sandbox).await?;
            sandbox
        }
    };
    misbehave(&sandbox);
    if let Some(answer) = answer {
        answer.set(&sandbox);
    }
    let (pool, outbox) = Database::open(&database.place, &database.schema).await?;
    let mut scene = Scene::start(&sandbox, database, form, trouble, witnesses.path())?;
    let slept = scene.play(&sandbox, &outbox, &pool, form, trouble).await?;
    // From here on no process is killed: those that run must go on by themselves.
    let stop = trouble::stop_for_a_while(&trouble.commands, database).await?;
    let story = Story {
        users: form.users,
        sleepers: slept,
        is_late: stop.is_some(),
        program: form.program,
        takes_unreferred: answer.is_none_or(Answer::takes_unreferred),
    };
    scene.away.extend(stop);
    wait_for_the_end(&mut scene.shop, &pool, &outbox, form).await?;
    let Scene { killed, away, .. } = scene.end();
    let told = check::everything(&sandbox, &pool, &outbox, &story).await?;
    let waited = calls::before_retry_after(&sandbox.requests(), witnesses.path(), &killed, &away)?;
    let answer = answer.map_or(String::new(), |answer| format!(" with {}", answer.name));
    say(&format!(
        "{}, {}{answer}: {} users, {} orders, {} kills, {} workers, {} times without a server in \
         {:.0?}: {told}; {waited}; {} calls in all",
        database.name(),
        form.program.name(),
        form.users,
        form.users,
        form.kills,
        trouble.workers,
        away.len(),
        began.elapsed(),
        sandbox.requests().len(),
    ));
    Ok(())
}

/// The partners of an affiliate program.
async fn create_partners(sandbox: &Sandbox) -> Result<(), Failure> {
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .build()?;
    for number in 0..app::PARTNERS {
        let partner = NewPartner::new(format!("{number}@partner.example"))
            .id(app::partner_id(number))
            .key(app::partner_key(number));
        client.partners().create(&partner).await?;
    }
    Ok(())
}

/// The processes, and which of them were killed.
struct Scene {
    shop: Process,
    workers: Vec<Process>,
    killed: Vec<(u32, SystemTime)>,
    away: Vec<Away>,
}

impl Scene {
    fn start(
        sandbox: &Sandbox,
        database: &Database,
        form: &Form,
        trouble: &Trouble,
        witnesses: &Path,
    ) -> Result<Self, Failure> {
        let place = [database.place.as_str(), &database.schema];
        let program = form.program.name();
        let users = form.users.to_string();
        let shop = Process::start(&["app", place[0], place[1], program, &users])?;
        let (base_url, witnesses) = (sandbox.base_url(), witnesses.display().to_string());
        let worker = || {
            let arguments = ["worker", place[0], place[1], program, &base_url, &witnesses];
            Process::start(&arguments)
        };
        let workers: Result<_, _> = (0..trouble.workers).map(|_| worker()).collect();
        Ok(Self {
            shop,
            workers: workers?,
            killed: Vec::new(),
            away: Vec::new(),
        })
    }

    /// Kills and troubles. Returns how many sales it took to stop a worker in the middle of one.
    async fn play(
        &mut self,
        sandbox: &Sandbox,
        outbox: &Outbox,
        pool: &Pool,
        form: &Form,
        trouble: &Trouble,
    ) -> Result<usize, Failure> {
        let mut slept = 0;
        for kill in 0..form.kills {
            tokio::time::sleep(form.pace).await;
            // Every fourth kill is the app, as long as it runs.
            if kill % 4 == 3 && !self.shop.is_finished()? {
                self.shop.kill_and_restart()?;
            } else {
                let victim = kill % self.workers.len();
                let died = self.workers[victim].kill_and_restart()?;
                self.killed.push((died, SystemTime::now()));
            }
            if kill == form.kills / 3 {
                sandbox.go_down().await;
                tokio::time::sleep(form.outage).await;
                sandbox.come_back().await?;
            }
            if trouble.sleeps && kill == form.kills / 2 {
                let (workers, patience) = (&self.workers, form.patience);
                slept = sleep_past_the_lease(workers, sandbox, outbox, pool, patience).await?;
            }
            if let Some(command) = &trouble.commands.restart
                && (kill == form.kills / 4 || kill == form.kills * 3 / 4)
            {
                let from = SystemTime::now();
                trouble::run(command)?;
                let to = SystemTime::now();
                self.away.push(Away { from, to });
            }
        }
        Ok(slept)
    }

    /// Kills every process.
    fn end(mut self) -> Self {
        for worker in self.workers.drain(..) {
            self.killed.push((worker.id(), SystemTime::now()));
        }
        self
    }
}

/// Of the calls, 5 % get a 429, 3 % fail, 2 % take effect without an answer, and 2 % are cut off.
/// Some customers and some sales are always refused.
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
