//! Delivers what is in the outbox.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tower_partnero::delivery::{DeliveryWorker, Outbox};
use tower_partnero::{Client, ErrorKind};

use super::status;
use crate::access::Access;
use crate::failure::Failure;
use crate::print::Printer;
use crate::{Ending, span, wait};

/// How often the database is asked how much is left.
const LOOK: Duration = Duration::from_millis(200);
/// How long reports under way may take to end. A call takes 30 seconds at most.
const LAST: Duration = Duration::from_secs(35);

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    access: Access,
    /// How long to go on at most; then the exit code is 4. A sale, refund or deletion of which nobody
    /// knows whether it has arrived is only looked up after 30 seconds
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "10m")]
    within: Duration,
    /// How long a sign-up waits for a referrer whom Partnero does not know; the app's worker has the
    /// same setting [default: 2m]
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    referrer_grace: Option<Duration>,
    /// For how long a report is tried while Partnero answers and does not take it; the app's worker
    /// has the same setting [default: 14d]
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    give_up_after: Option<Duration>,
}

impl Arguments {
    pub(super) fn client(&self) -> Result<Client, Failure> {
        self.access.client()
    }

    /// Starts a worker with the settings that were given, and the library's own for the others.
    fn worker(&self, outbox: &Outbox, client: Client) -> Result<DeliveryWorker, Failure> {
        let mut worker = DeliveryWorker::builder(outbox.clone(), client);
        if let Some(grace) = self.referrer_grace {
            worker = worker.referrer_grace(grace);
        }
        if let Some(age) = self.give_up_after {
            worker = worker.give_up_after(age);
        }
        Ok(worker.start()?)
    }
}

/// Delivers with a worker of this program. Workers of the app may run at the same time.
pub(super) async fn run(
    arguments: &Arguments,
    client: Client,
    outbox: &Outbox,
    printer: Printer,
) -> Result<Ending, Failure> {
    // A worker with a wrong key would only add to the tries of each report.
    let test = wait::watched("asking Partnero", client.program().test()).await;
    if let Err(error) = test
        && error.kind() == ErrorKind::Unauthorized
    {
        return Err(error.into());
    }
    // Partnero does not document this endpoint: an answer that says nothing is no reason to stop.
    if let Ok(overview) = client.program().overview().await
        && overview
            .kind()
            .is_some_and(|kind| kind != arguments.access.program_kind())
    {
        return Err(Failure::mistake(
            "the API key is of another type of program: `partnero check` says which",
        ));
    }
    let end = Instant::now() + arguments.within;
    let bar = wait::bar(outbox.status().await?.pending);
    let worker = arguments.worker(outbox, client)?;
    let mut asked_to_end = pin!(wait::asked_to_end()?);
    loop {
        let status = outbox.status().await?;
        // The app may enqueue more meanwhile, and the position must not fall below zero.
        let total = bar.length().unwrap_or(0).max(status.pending);
        bar.set_length(total);
        bar.set_position(total - status.pending);
        bar.set_message(status.paused_because.clone().unwrap_or_default());
        if status.is_drained() || Instant::now() >= end {
            break;
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = &mut asked_to_end => break,
        }
    }
    bar.finish_and_clear();
    // Without it, a call that is cut off would be a doubtful one, and a person would have to decide
    // on a credit.
    wait::watched("finishing what is under way", worker.stop(LAST)).await;
    let status = outbox.status().await?;
    let ending = status::print(&status, printer)?;
    Ok(if status.is_drained() {
        ending
    } else {
        Ending::Unfinished
    })
}
