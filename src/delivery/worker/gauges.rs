//! Tells the recorder of metrics how much waits, as long as the worker runs.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::shared::Phase;
use crate::delivery::outbox::{Outbox, Status};
use crate::metrics::{DEAD, HELD, OLDEST, PAUSED, PENDING};

/// As often as monitoring systems mostly ask.
const EVERY: Duration = Duration::from_secs(15);

/// Ends with the worker, after it has told what the worker leaves behind.
pub(super) async fn record(outbox: Outbox, mut phase: watch::Receiver<Phase>) {
    let mut due = interval(EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_running = true;
    while is_running {
        tokio::select! {
            _ = due.tick() => {}
            // An error means that the worker is gone.
            _ = phase.wait_for(|phase| *phase != Phase::Running) => is_running = false,
        }
        // Where the database does not answer, the gauges stay as they were. The worker itself logs
        // that as an error, and `Health` says so.
        if let Ok(status) = outbox.status().await {
            set(outbox.program_name(), &status);
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, exact up to 2^53 reports"
)]
fn set(program: &str, status: &Status) {
    let set = |name: &'static str, value: f64| {
        metrics::gauge!(name, "program" => program.to_owned()).set(value);
    };
    set(PENDING, status.pending as f64);
    set(HELD, status.held as f64);
    set(DEAD, status.dead as f64);
    set(OLDEST, status.oldest.unwrap_or_default().as_secs_f64());
    set(PAUSED, f64::from(u8::from(status.paused_for.is_some())));
}
