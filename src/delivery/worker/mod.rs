//! Empties an outbox into Partnero.

mod answer;
mod call_gates;
mod chance;
mod dispatch;
mod execution;
mod gate;
mod health;
mod lease;
mod outage;
mod owner;
mod retry;
mod settings;
mod stragglers;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use self::call_gates::ProbeGate;
use self::dispatch::{Dispatch, GIVE_BACK, Phase, Shared};
use self::gate::FleetGate;
pub use self::health::Health;
use self::health::Monitor;
use self::outage::Outage;
use self::owner::Owner;
pub use self::settings::DeliveryWorkerBuilder;
use self::settings::Settings;
use self::writer::BatchWriter;
use super::outbox::Outbox;
use crate::client::Client;
use crate::error::ConfigError;

/// Delivers what is in an [`Outbox`], in tasks of its own on the tokio runtime.
///
/// An app has one; a fleet on PostgreSQL one per process. Dropped without [`stop`](Self::stop), it
/// takes no new rows and finishes what is under way, as long as the runtime lives.
///
/// ```
/// use std::time::Duration;
/// use tower_partnero::delivery::{DeliveryWorker, Outbox};
/// # use tower_partnero::{ApiKey, Client, Sandbox};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start().await?;
/// # let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url()).build()?;
/// # let outbox = Outbox::memory();
/// let worker = DeliveryWorker::start(outbox, client)?;
/// let well = worker.health().is_ok();
/// let unfinished = worker.stop(Duration::from_secs(10)).await;
/// # assert!(well && unfinished == 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropped, the worker stops"]
pub struct DeliveryWorker {
    phase: watch::Sender<Phase>,
    loops: JoinHandle<usize>,
    writer: JoinHandle<()>,
    watch: Monitor,
}

impl DeliveryWorker {
    /// Starts a worker with every default.
    ///
    /// # Errors
    ///
    /// As [`DeliveryWorkerBuilder::start`].
    pub fn start(outbox: Outbox, client: Client) -> Result<Self, ConfigError> {
        Self::builder(outbox, client).start()
    }

    /// The settings, each at its default.
    pub fn builder(outbox: Outbox, client: Client) -> DeliveryWorkerBuilder {
        DeliveryWorkerBuilder::new(outbox, client)
    }

    fn run(outbox: Outbox, client: &Client, settings: Settings) -> Self {
        let watch = Monitor::default();
        let gate = FleetGate::new(
            outbox.clone(),
            watch.clone(),
            settings.pause_lag,
            settings.probes.first,
        );
        let (ledger, writer) =
            BatchWriter::start(outbox.clone(), settings.lease, gate.clone(), watch.clone());
        let runner = Dispatch::new(Shared {
            client: client.clone(),
            prober: client.behind(Arc::new(ProbeGate(gate.clone()))),
            outbox,
            gate,
            settings,
            owner: Owner::new(),
            ledger,
            signs: Outage::default(),
            watch: watch.clone(),
        });
        let (phase, _) = watch::channel(Phase::Running);
        Self {
            loops: tokio::spawn(runner.run(phase.clone())),
            phase,
            writer,
            watch,
        }
    }

    /// How the worker fares; asks nobody.
    #[must_use]
    pub fn health(&self) -> Health {
        let running = !self.loops.is_finished() && !self.writer.is_finished();
        self.watch.health(running)
    }

    /// Takes no new rows, finishes what is under way within `deadline`, and gives the rest back;
    /// how many reports that were. What is given back is delivered by the next worker.
    ///
    /// Giving back takes at most two seconds more. Where the database does not take it by then, the
    /// leases run out by themselves.
    pub async fn stop(mut self, deadline: Duration) -> usize {
        let until = Instant::now() + deadline;
        self.phase.send_replace(Phase::Draining { until });
        // A task that panicked has given nothing back: its leases run out.
        let last = until + GIVE_BACK;
        let unfinished = if let Ok(ended) = timeout_at(last, &mut self.loops).await {
            ended.unwrap_or(0)
        } else {
            self.loops.abort();
            usize::try_from(self.health().in_flight).unwrap_or(usize::MAX)
        };
        if timeout_at(last, &mut self.writer).await.is_err() {
            self.writer.abort();
        }
        unfinished
    }
}

impl Drop for DeliveryWorker {
    fn drop(&mut self) {
        const LONG: Duration = Duration::from_secs(24 * 60 * 60);
        self.phase.send_if_modified(|phase| {
            let is_running = *phase == Phase::Running;
            if is_running {
                *phase = Phase::Draining {
                    until: Instant::now() + LONG,
                };
            }
            is_running
        });
    }
}

impl fmt::Debug for DeliveryWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryWorker")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
