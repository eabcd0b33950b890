//! The settings of a worker, and which values are refused.

use std::time::Duration;

use super::DeliveryWorker;
use super::retry::{LONGEST_ASKED, Waits};
use super::settings::Settings;
use crate::client::Client;
use crate::delivery::outbox::Outbox;
use crate::error::ConfigError;

/// The reports of a worker that dies wait for so long at most.
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings of a [`DeliveryWorker`]. Each has a default.
#[derive(Clone, Debug)]
#[must_use = "a worker runs only after `start`"]
pub struct DeliveryWorkerBuilder {
    outbox: Outbox,
    client: Client,
    settings: Settings,
}

impl DeliveryWorkerBuilder {
    pub(super) fn new(outbox: Outbox, client: Client) -> Self {
        Self {
            outbox,
            client,
            settings: Settings::default(),
        }
    }

    /// How many reports are delivered at the same time, each about another customer: the reports
    /// about one customer are its lane, and follow each other. 1 to 1,000. Default: 32, the default
    /// number of calls that a client makes at the same time. Each 429 of Partnero halves the number
    /// for this worker, and each report that is settled adds one, up to this number again. While
    /// Partnero fails for some customers, an eighth is kept for reports that come in.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.settings.lanes = lanes;
        self
    }

    /// How long a report belongs to the worker that has claimed it. If that worker dies, another one
    /// claims the report after this time. At most a day. Default: 2 minutes. It must be longer than
    /// [`look_up_after`](Self::look_up_after): calls are begun only until that long before its end.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long to wait before a sale is looked up that may or may not have arrived. Default: 30
    /// seconds. It must be longer than the client's time-out, because the sale may appear at
    /// Partnero as long as its request is under way. The difference is the time in which the database
    /// must answer that a sale may be sent, and the look-up before a repeated sale must end. If they
    /// take longer, the sale is not sent, and is tried again. A worker also waits so long after its
    /// start, because the database's clock may have jumped before. A worker that ends sooner leaves such
    /// reports to the next one. The same holds for refunds and deletions.
    pub fn look_up_after(mut self, pause: Duration) -> Self {
        self.settings.look_up_after = pause;
        self
    }

    /// How often an idle worker looks for reports that other processes have enqueued. Default: 1
    /// second.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.settings.poll = interval;
        self
    }

    /// The wait after the first failed attempt, which is doubled after each further one, and the
    /// longest wait. Default: 5 seconds and 1 hour. A wait is shortened at random by up to a quarter.
    /// If Partnero's `Retry-After` is longer, that is the wait. At most 14 days.
    pub fn retries(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.waits = Waits { first, longest };
        self
    }

    /// For how long a report is tried while Partnero answers and does not take it. After that it is
    /// a dead letter. Default: 14 days. Outages, and times without a worker, do not count.
    pub fn give_up_after(mut self, age: Duration) -> Self {
        self.settings.give_up_after = age;
        self
    }

    /// How long a sign-up waits for a referrer whom Partnero does not know. After that the customer
    /// is credited to an earlier link of the visitor, or created without a referrer. Default: 2
    /// minutes: nobody can share a link before Partnero knows its key. If the referrer's own sign-up
    /// is on its way in the outbox, the sign-up waits until that has arrived or is dead.
    pub fn referrer_grace(mut self, grace: Duration) -> Self {
        self.settings.referrer_grace = grace;
        self
    }

    /// After failures for how many different customers, with no answer between them, the whole
    /// fleet pauses. Default: 3.
    ///
    /// A time-out or a 5xx may come from the reports themselves. So `GET /test` is asked before, and
    /// the fleet pauses only if that fails as well. Each time it succeeds, twice as many customers
    /// must fail before it is asked again, up to 32 times as many, until a minute has passed.
    pub fn outage_lanes(mut self, lanes: usize) -> Self {
        self.settings.outage_lanes = lanes;
        self
    }

    /// In a pause, one worker at a time asks Partnero whether it answers again: the wait before the
    /// first such probe, which is doubled after each further one, and the longest wait. At most 14
    /// days. Default: 1 second and 1 minute.
    pub fn probes(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.probes = Waits { first, longest };
        self
    }

    /// For how long a worker relies on the database's last answer to the question whether the fleet
    /// pauses. Before a call, an older answer is asked for again. Default: 500 milliseconds.
    ///
    /// After one process has recorded a 429, another process may send calls for this long. If the
    /// database takes longer than this to answer, nothing is delivered.
    pub fn pause_lag(mut self, lag: Duration) -> Self {
        self.settings.pause_lag = lag;
        self
    }

    /// Checks every setting and starts the worker on the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work.
    pub fn start(self) -> Result<DeliveryWorker, ConfigError> {
        let settings = &self.settings;
        let refuse = |setting, advice: &'static str| Err(ConfigError::new(setting, advice));
        if !(1..=1_000).contains(&settings.lanes) {
            return refuse("lanes", "write 1 to 1,000");
        }
        // A look-up that is made while the request is still under way finds nothing, and the sale
        // would be sent a second time.
        if settings.look_up_after <= self.client.timeout() {
            return refuse(
                "look_up_after",
                "write more than the client's time-out: until then a request may be under way",
            );
        }
        // Calls are begun until `look_up_after` before the end of the lease, so there must be such
        // a time.
        if settings.lease <= settings.look_up_after {
            return refuse("lease", "write more than `look_up_after`");
        }
        if settings.lease > LONGEST_LEASE {
            return refuse(
                "lease",
                "write at most a day: the reports of a worker that dies wait for so long",
            );
        }
        if settings.poll.is_zero() {
            return refuse("poll", "it is zero: write at least some milliseconds");
        }
        for (setting, waits) in [("retries", settings.waits), ("probes", settings.probes)] {
            if waits.first.is_zero() || waits.longest < waits.first {
                return refuse(
                    setting,
                    "the first wait is zero, or longer than the longest",
                );
            }
            if waits.longest > LONGEST_ASKED {
                return refuse(setting, "write at most 14 days");
            }
        }
        if settings.pause_lag.is_zero() {
            return refuse(
                "pause_lag",
                "it is zero, and every answer of the database is older: write some milliseconds",
            );
        }
        if settings.outage_lanes == 0 {
            return refuse("outage_lanes", "write 1 or more");
        }
        Ok(DeliveryWorker::run(
            self.outbox,
            &self.client,
            self.settings,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ApiKey;

    const SECOND: Duration = Duration::from_secs(1);

    fn builder() -> DeliveryWorkerBuilder {
        let client = Client::builder(ApiKey::new("key").unwrap()).base_url("http://127.0.0.1:1/v1");
        DeliveryWorker::builder(Outbox::memory(), client.build().unwrap())
    }

    #[test]
    fn each_setting_is_taken() {
        let settings = builder()
            .lanes(7)
            .lease(SECOND)
            .look_up_after(2 * SECOND)
            .poll(3 * SECOND)
            .retries(4 * SECOND, 5 * SECOND)
            .give_up_after(6 * SECOND)
            .referrer_grace(7 * SECOND)
            .outage_lanes(8)
            .probes(9 * SECOND, 10 * SECOND)
            .pause_lag(11 * SECOND)
            .settings;
        assert_eq!((settings.lanes, settings.outage_lanes), (7, 8));
        let taken = [
            settings.lease,
            settings.look_up_after,
            settings.poll,
            settings.waits.first,
            settings.waits.longest,
            settings.give_up_after,
            settings.referrer_grace,
            settings.probes.first,
            settings.probes.longest,
            settings.pause_lag,
        ];
        let seconds = taken.map(|taken| taken.as_secs());
        assert_eq!(seconds, [1, 2, 3, 4, 5, 6, 7, 9, 10, 11]);
    }

    #[tokio::test]
    async fn what_would_deliver_nothing_is_refused() {
        for (builder, setting) in [
            (builder().lanes(0), "lanes"),
            (builder().lanes(1_001), "lanes"),
            (builder().poll(Duration::ZERO), "poll"),
            (builder().pause_lag(Duration::ZERO), "pause_lag"),
            (builder().outage_lanes(0), "outage_lanes"),
            (builder().lease(LONGEST_LEASE + SECOND), "lease"),
            (builder().probes(Duration::ZERO, SECOND), "probes"),
        ] {
            let error = builder.start().unwrap_err();
            assert!(error.to_string().contains(setting), "{error}");
        }
        for builder in [builder().lanes(1), builder().lanes(1_000)] {
            builder.start().unwrap().stop(SECOND).await;
        }
    }
}
