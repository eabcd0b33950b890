//! The worker: takes reports from an outbox and delivers them to Partnero.

mod builder;
mod call_gates;
mod clock;
mod dispatch;
mod execution;
mod gate;
#[cfg(feature = "metrics")]
mod gauges;
mod health;
mod lease;
mod outage;
mod places;
mod probe;
mod retry;
mod settings;
mod shared;
mod width;
mod writer;

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub use self::builder::DeliveryWorkerBuilder;
use self::dispatch::{Dispatch, GIVE_BACK};
pub use self::health::Health;
use self::health::Monitor;
use self::settings::Settings;
use self::shared::{Phase, Shared};
use super::outbox::Outbox;
use crate::client::Client;
use crate::error::ConfigError;

/// Delivers the reports in an [`Outbox`] to Partnero, in tasks of its own on the tokio runtime.
///
/// An app has one worker. A fleet on PostgreSQL may have one in each process.
///
/// Keep it: a worker that is dropped without [`stop`](Self::stop) takes no new reports, logs a
/// warning, and finishes the reports under way as long as the runtime lives. `let _ =
/// DeliveryWorker::start(…)` drops it at once.
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
#[must_use = "a worker that is dropped stops delivering"]
pub struct DeliveryWorker {
    phase: watch::Sender<Phase>,
    dispatching: JoinHandle<usize>,
    writing: JoinHandle<()>,
    monitor: Monitor,
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
        let (shared, writing) = Shared::new(outbox, client, settings);
        let monitor = shared.monitor.clone();
        let (phase, _) = watch::channel(Phase::Running);
        #[cfg(feature = "metrics")]
        tokio::spawn(gauges::record(shared.outbox.clone(), phase.subscribe()));
        let dispatch = Dispatch::new(shared, phase.clone());
        Self {
            phase,
            dispatching: tokio::spawn(dispatch.run()),
            writing,
            monitor,
        }
    }

    /// How the worker does, from memory: it asks neither the database nor Partnero.
    #[must_use]
    pub fn health(&self) -> Health {
        let running = !self.dispatching.is_finished() && !self.writing.is_finished();
        self.monitor.health(running)
    }

    /// Takes no new reports, and finishes those under way within `deadline`. Reports that are not
    /// finished by then are given back to the outbox for the next worker; the answer is how many.
    ///
    /// Giving back takes at most two seconds more. If the database does not answer within them, the
    /// next worker gets the reports when their leases end.
    pub async fn stop(mut self, deadline: Duration) -> usize {
        // A deadline that no clock can hold is no deadline; tokio's timers end after 30 years as well.
        const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
        let until = Instant::now() + deadline.min(FAR);
        self.phase.send_replace(Phase::Draining { until });
        // A task that panicked has given nothing back; its leases end by themselves.
        let last = until + GIVE_BACK;
        let unfinished = if let Ok(ended) = timeout_at(last, &mut self.dispatching).await {
            ended.unwrap_or(0)
        } else {
            self.dispatching.abort();
            usize::try_from(self.health().in_flight).unwrap_or(usize::MAX)
        };
        if timeout_at(last, &mut self.writing).await.is_err() {
            self.writing.abort();
        }
        unfinished
    }
}

impl Drop for DeliveryWorker {
    fn drop(&mut self) {
        const LONG: Duration = Duration::from_secs(24 * 60 * 60);
        let was_running = self.phase.send_if_modified(|phase| {
            let is_running = *phase == Phase::Running;
            if is_running {
                *phase = Phase::Draining {
                    until: Instant::now() + LONG,
                };
            }
            is_running
        });
        if was_running {
            #[cfg(feature = "tracing")]
            tracing::warn!(
                "the delivery worker was dropped and takes no new reports: keep it while the app \
                 runs, and end it with `stop`"
            );
        }
    }
}

impl fmt::Debug for DeliveryWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryWorker")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::client::ApiKey;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn worker() -> DeliveryWorker {
        let client = Client::builder(ApiKey::new("key").unwrap()).base_url("http://127.0.0.1:1/v1");
        DeliveryWorker::start(Outbox::memory(), client.build().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_worker_that_is_dropped_warns_and_one_that_is_stopped_does_not() {
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || written.clone());
        let _scope = tracing::subscriber::set_default(subscriber.finish());
        let text = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        worker().stop(Duration::from_secs(5)).await;
        assert_eq!(text(), "");
        let _ = worker();
        assert!(
            text().contains("the delivery worker was dropped"),
            "{}",
            text()
        );
    }

    #[tokio::test]
    async fn a_worker_that_is_dropped_finishes_the_reports_under_way() {
        let worker = worker();
        let phase = worker.phase.subscribe();
        drop(worker);
        let far = Instant::now() + Duration::from_secs(60 * 60);
        assert!(matches!(*phase.borrow(), Phase::Draining { until } if until > far));
    }
}
