//! The cheap call that finds out whether Partnero answers at all.

use std::time::Duration;

use tokio::time::Instant;

use super::gate::FleetGate;
use super::outage::Outage;
use super::retry::LONGEST_ASKED;
use crate::client::{Client, ErrorKind};

/// What a probe has found.
pub(super) enum Found {
    /// Partnero answers. A refusal is an answer, too.
    Answer,
    /// Partnero fails, and may ask to wait.
    Failure { asked: Option<Duration> },
    /// The probe was not sent, or Partnero asks for a pause (429), which is on record already.
    Nothing,
}

/// Sends one probe.
pub(super) async fn probe(prober: &Client) -> Found {
    let Err(error) = prober.program().test().await else {
        return Found::Answer;
    };
    match error.kind() {
        ErrorKind::Busy | ErrorKind::RateLimited => Found::Nothing,
        // A refused API key fails every report alike. Without a pause all of them would be tried in
        // vain, over and over, until somebody has corrected the key.
        ErrorKind::Connect | ErrorKind::Unauthorized => Found::Failure {
            asked: error.retry_after(),
        },
        kind if kind.leaves_doubt() => Found::Failure {
            asked: error.retry_after(),
        },
        _ => Found::Answer,
    }
}

/// What a failure may lead to.
#[derive(Clone)]
pub(super) struct Suspicion {
    pub(super) prober: Client,
    pub(super) gate: FleetGate,
    pub(super) outage: Outage,
    /// The shortest pause.
    pub(super) least: Duration,
}

impl Suspicion {
    /// Pauses the fleet for as long as Partnero asks, without asking Partnero more.
    pub(super) async fn pause(&self, asked: Option<Duration>) {
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        let until = Instant::now() + self.least.max(asked);
        self.gate.shut_until("Partnero fails", until).await;
        self.outage.probed(Some(false));
    }

    /// Pauses the fleet if Partnero does not answer a probe.
    pub(super) async fn probe(self) {
        match probe(&self.prober).await {
            Found::Answer => self.outage.probed(Some(true)),
            Found::Failure { asked } => self.pause(asked).await,
            Found::Nothing => self.outage.probed(None),
        }
    }
}
