//! The process of a worker.

use std::time::Duration;

use tower_partnero::delivery::DeliveryWorker;
use tower_partnero::{ApiKey, Client};

use crate::Failure;
use crate::app::Program;
use crate::database::Database;
use crate::witness::Witness;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_millis(800);
pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// How long a worker relies on the database's last answer about the pause.
pub(crate) const PAUSE_LAG: Duration = Duration::from_millis(100);

/// Works until it is killed.
pub(crate) async fn run(
    place: &str,
    schema: &str,
    program: Program,
    base_url: &str,
    directory: &str,
) -> Result<(), Failure> {
    let witness = Witness::new(directory)?;
    tracing::subscriber::set_global_default(witness.clone())?;
    let client = Client::builder(ApiKey::new("sandbox-api-key")?);
    let client = match program {
        Program::ReferAFriend => client,
        Program::Affiliate => client.affiliate(),
    };
    let client = client
        .base_url(base_url)
        .timeout(TIMEOUT)
        .deadline(3 * TIMEOUT)
        .retry_delay(Duration::from_millis(20))
        .layer(witness)
        .build()?;
    let (_, outbox) = loop {
        match Database::open(place, schema).await {
            Ok(opened) => break opened,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let _worker = DeliveryWorker::builder(outbox, client)
        .poll(Duration::from_millis(50))
        .look_up_after(Duration::from_millis(1_300))
        .lease(LEASE)
        .retries(Duration::from_millis(200), Duration::from_secs(2))
        .probes(Duration::from_millis(100), Duration::from_millis(500))
        .pause_lag(PAUSE_LAG)
        .referrer_grace(Duration::ZERO)
        .start()?;
    std::future::pending().await
}
