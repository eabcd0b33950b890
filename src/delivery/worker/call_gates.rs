//! Which calls the client may make: those of an attempt, and those of a probe.

use std::time::Duration;

use tokio::time::Instant;

use super::gate::FleetGate;
use super::outage::Outage;
use super::width::Width;
use crate::client::gate::{Answer, Gate};
use crate::delivery::outbox::store::Passage;

/// For the calls of one attempt: none while the fleet pauses, and none that could outlast the lease.
#[derive(Debug)]
pub(super) struct AttemptGate {
    pub(super) gate: FleetGate,
    /// No call is begun after this. A worker that claims the row after the lease assumes that no call
    /// of this attempt is under way any more.
    pub(super) until: Instant,
    /// The longest that one request may take.
    pub(super) timeout: Duration,
    pub(super) outage: Outage,
    pub(super) width: Width,
}

impl Gate for AttemptGate {
    fn lets_pass(&self) -> Answer<bool> {
        let (gate, until) = (self.gate.clone(), self.until);
        Box::pin(async move { gate.ask().await == Passage::Open && Instant::now() < until })
    }

    /// While Partnero fails for others, a retry would keep a place from a report that may arrive. The
    /// row is tried again later.
    fn allows_retries(&self) -> bool {
        self.outage.is_calm()
    }

    fn latest(&self) -> Option<Instant> {
        Some(self.until + self.timeout)
    }

    fn shut(&self, asked: Option<Duration>) -> Answer<()> {
        self.width.halve();
        self.gate.shut(asked)
    }
}

/// For the probe, which asks during an outage whether Partnero answers again. It is not sent while a
/// pause lasts that Partnero has asked for.
#[derive(Debug)]
pub(super) struct ProbeGate(pub(super) FleetGate);

impl Gate for ProbeGate {
    fn lets_pass(&self) -> Answer<bool> {
        let gate = self.0.clone();
        Box::pin(async move { gate.ask().await != Passage::Shut })
    }

    fn allows_retries(&self) -> bool {
        false
    }

    fn latest(&self) -> Option<Instant> {
        None
    }

    fn shut(&self, asked: Option<Duration>) -> Answer<()> {
        self.0.shut(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::outbox::Outbox;
    use crate::delivery::worker::health::Monitor;
    use crate::delivery::worker::outage::Failure;

    const MS: Duration = Duration::from_millis(1);
    const MINUTE: Duration = Duration::from_secs(60);

    fn gate(outbox: &Outbox) -> FleetGate {
        FleetGate::new(outbox.clone(), Monitor::default(), MINUTE, MS)
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_begins_no_call_when_its_time_is_up() {
        let within = AttemptGate {
            gate: gate(&Outbox::memory()),
            until: Instant::now() + MS,
            timeout: MINUTE,
            outage: Outage::default(),
            width: Width::new(1),
        };
        assert!(within.lets_pass().await);
        assert_eq!(within.latest(), Some(Instant::now() + MS + MINUTE));
        tokio::time::advance(MS).await;
        assert!(!within.lets_pass().await);
    }

    #[tokio::test]
    async fn a_call_is_repeated_only_while_nothing_fails() {
        let outage = Outage::default();
        let attempt = AttemptGate {
            gate: gate(&Outbox::memory()),
            until: Instant::now() + MINUTE,
            timeout: MINUTE,
            outage: outage.clone(),
            width: Width::new(1),
        };
        assert!(attempt.allows_retries());
        let failure = Failure {
            customer: "a",
            is_repeated: false,
            is_certain: false,
        };
        outage.partnero_fails(&failure, 2);
        assert!(!attempt.allows_retries());
        assert!(!ProbeGate(gate(&Outbox::memory())).allows_retries());
    }

    #[tokio::test]
    async fn a_probe_passes_a_shut_gate_but_not_a_wait() {
        let outbox = Outbox::memory();
        outbox
            .store
            .shut_gate("outage", Duration::ZERO)
            .await
            .unwrap();
        assert_ne!(gate(&outbox).ask().await, Passage::Open);
        assert!(ProbeGate(gate(&outbox)).lets_pass().await);
        outbox.store.shut_gate("429", MINUTE).await.unwrap();
        assert!(!ProbeGate(gate(&outbox)).lets_pass().await);
    }

    #[tokio::test]
    async fn a_429_pauses_all_and_halves_the_number_of_this_workers_calls() {
        let outbox = Outbox::memory();
        let attempt = AttemptGate {
            gate: gate(&outbox),
            until: Instant::now() + MINUTE,
            timeout: MINUTE,
            outage: Outage::default(),
            width: Width::new(4),
        };
        assert!(attempt.allows_retries());
        attempt.shut(Some(MINUTE)).await;
        assert_eq!(attempt.width.get(), 2);
        assert_eq!(outbox.store.passage().await.unwrap(), Passage::Shut);
    }
}
