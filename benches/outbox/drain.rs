//! How fast a backlog is delivered, and in how many commits.

use std::time::{Duration, Instant};

use tower_partnero::delivery::DeliveryWorker;
use tower_partnero::sandbox::Fault;
use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};

use super::Size;
use super::places::Place;
use crate::Failure;

/// Deliveries per second, and commits per delivery.
pub(super) async fn rate(place: &Place, size: Size) -> Result<(f64, f64), Failure> {
    place.execute("DELETE FROM partnero_outbox").await?;
    for id in 0..size.deliveries {
        place.outbox.enqueue(NewCustomer::new(id)).await?;
    }
    let sandbox = Sandbox::start().await?;
    sandbox.inject(Fault::delay(Duration::from_millis(5)));
    let client = Client::builder(ApiKey::new(sandbox.api_key())?)
        .base_url(sandbox.base_url())
        .concurrency(128)
        .build()?;
    let commits = place.begin_counting().await?;
    let began = Instant::now();
    let worker = DeliveryWorker::builder(place.outbox.clone(), client)
        .lanes(128)
        .start()?;
    // `Outbox::status` would keep the database busy.
    while usize::try_from(worker.health().delivered)? < size.deliveries {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let elapsed = began.elapsed();
    let commits = place.commits().await? - commits;
    worker.stop(Duration::from_secs(5)).await;
    let deliveries = f64::from(u32::try_from(size.deliveries)?);
    Ok((
        deliveries / elapsed.as_secs_f64(),
        f64::from(i32::try_from(commits)?) / deliveries,
    ))
}
