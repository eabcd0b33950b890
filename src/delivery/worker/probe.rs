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

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::net::TcpListener;

    use http::{Request, Response, StatusCode};
    use tower::service_fn;
    use tower_layer::layer_fn;

    use super::*;
    use crate::client::{ApiKey, Body, BoxError, ClientBuilder, HttpService};
    use crate::delivery::outbox::Outbox;
    use crate::delivery::outbox::store::{Claim, Places};
    use crate::delivery::worker::health::Monitor;
    use crate::delivery::worker::outage::Failure;

    fn builder(base_url: &str) -> ClientBuilder {
        let builder = Client::builder(ApiKey::new("k").unwrap());
        builder.base_url(base_url).retries(0)
    }

    fn answering(status: u16) -> Client {
        let answer = move |_: Request<Body>| {
            let mut answer = Response::new(Body::default());
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            ready(Ok::<_, BoxError>(answer))
        };
        let layer = layer_fn(move |_: HttpService| service_fn(answer));
        let builder = builder("http://127.0.0.1:9/v1").layer(layer);
        builder.build().unwrap()
    }

    #[tokio::test]
    async fn nobody_there_and_a_refused_key_are_failures_and_another_refusal_is_an_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let nobody = builder(&format!("http://{address}/v1")).build().unwrap();
        for (client, fails) in [
            (nobody, true),
            (answering(401), true),
            (answering(503), true),
            (answering(404), false),
        ] {
            let found = probe(&client).await;
            assert_eq!(matches!(found, Found::Failure { asked: None }), fails);
            assert_eq!(matches!(found, Found::Answer), !fails);
        }
        assert!(matches!(probe(&answering(429)).await, Found::Nothing));
    }

    fn suspicion(outbox: &Outbox, status: u16) -> Suspicion {
        const SECOND: Duration = Duration::from_secs(1);
        Suspicion {
            prober: answering(status),
            gate: FleetGate::new(outbox.clone(), Monitor::default(), SECOND, SECOND),
            outage: Outage::default(),
            least: SECOND,
        }
    }

    /// In how many seconds the next probe of the fleet is due. `None`: the fleet does not pause.
    async fn paused(outbox: &Outbox) -> Option<u64> {
        const PLACES: Places = Places {
            all: 1,
            fresh: 1,
            repeated: 1,
            repeated_first: false,
            newest_first: false,
            may_queue: true,
        };
        let claim = outbox.store.claim("a", Duration::ZERO, PLACES).await;
        match claim.unwrap() {
            Claim::Shut { probe_in } => Some(u64::try_from(probe_in).unwrap().div_ceil(1_000)),
            Claim::Open { .. } => None,
        }
    }

    #[tokio::test]
    async fn a_pause_is_as_long_as_partnero_asks_for_and_has_bounds() {
        let longest = LONGEST_ASKED.as_secs();
        for (asked, expected) in [(None, 1), (Some(60), 60), (Some(u64::MAX), longest)] {
            let outbox = Outbox::memory();
            let suspicion = suspicion(&outbox, 503);
            suspicion.pause(asked.map(Duration::from_secs)).await;
            // Time has passed since then, and a millisecond is added for rounding.
            let paused = paused(&outbox).await.unwrap();
            assert!((expected..=expected + 1).contains(&paused), "{paused}");
        }
    }

    #[tokio::test]
    async fn what_a_probe_finds_is_noted() {
        for (status, is_paused, is_calm) in
            [(404, false, false), (503, true, true), (429, false, true)]
        {
            let outbox = Outbox::memory();
            let suspicion = suspicion(&outbox, status);
            let fails = |customer| {
                let failure = Failure {
                    customer,
                    is_repeated: false,
                    is_certain: true,
                };
                suspicion.outage.partnero_fails(&failure, 2)
            };
            assert!(!fails("a") && fails("b"), "{status}");
            suspicion.clone().probe().await;
            assert_eq!(paused(&outbox).await.is_some(), is_paused, "{status}");
            assert_eq!(suspicion.outage.is_calm(), is_calm, "{status}");
            // The probe is over, and the next one needs as many failures as this one.
            assert!(!fails("a") && fails("b"), "{status}");
        }
    }
}
