//! The numbers of a worker, and which of them are refused.

use std::time::Duration;

use super::DeliveryWorker;
use super::retry::Waits;
use crate::client::Client;
use crate::delivery::outbox::Outbox;
use crate::error::ConfigError;

/// Settings of a [`DeliveryWorker`]; every one has a default.
#[derive(Clone, Debug)]
#[must_use = "a worker runs only after `start`"]
pub struct DeliveryWorkerBuilder {
    outbox: Outbox,
    client: Client,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) lanes: usize,
    pub(super) lease: Duration,
    pub(super) look_up_after: Duration,
    pub(super) poll: Duration,
    pub(super) waits: Waits,
    pub(super) give_up_after: Duration,
    pub(super) referrer_grace: Duration,
    pub(super) outage_lanes: usize,
    pub(super) probes: Waits,
    pub(super) pause_lag: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            lanes: 32,
            lease: seconds(120),
            look_up_after: seconds(30),
            poll: seconds(1),
            waits: Waits {
                first: seconds(5),
                longest: seconds(60 * 60),
            },
            give_up_after: seconds(14 * 24 * 60 * 60),
            referrer_grace: seconds(6 * 60 * 60),
            outage_lanes: 3,
            probes: Waits {
                first: seconds(1),
                longest: seconds(60),
            },
            pause_lag: Duration::from_millis(500),
        }
    }
}

impl DeliveryWorkerBuilder {
    pub(super) fn new(outbox: Outbox, client: Client) -> Self {
        Self {
            outbox,
            client,
            settings: Settings::default(),
        }
    }

    /// How many customers are delivered for side by side. Default: 32, as many calls as a client
    /// has under way by default; 1 to 1,000.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.settings.lanes = lanes;
        self
    }

    /// How long a row belongs to the worker that took it. When a worker dies, its rows wait so
    /// long for another. Default: 2 minutes. It has to be longer than
    /// [`look_up_after`](Self::look_up_after): calls are begun in the time before that.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long to wait after a sale of which nobody knows whether it arrived, before it is looked
    /// up. Default: 30 seconds. It has to be longer than the client's time-out, because a request
    /// may have its effect as long as it is under way.
    pub fn look_up_after(mut self, pause: Duration) -> Self {
        self.settings.look_up_after = pause;
        self
    }

    /// How often an idle worker looks for rows that other processes have written. Default: 1
    /// second.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.settings.poll = interval;
        self
    }

    /// The wait after the first failed attempt, doubled for each further one, and the longest.
    /// Default: 5 seconds and 1 hour. Chance takes up to a quarter off; a longer `Retry-After`
    /// counts instead.
    pub fn retries(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.waits = Waits { first, longest };
        self
    }

    /// For how long Partnero has to have been answering without taking a report until it is given
    /// up. Default: 14 days. Outages and times in which no worker ran do not count.
    pub fn give_up_after(mut self, age: Duration) -> Self {
        self.settings.give_up_after = age;
        self
    }

    /// How old a sign-up has to be before it is created without a referrer that Partnero does not
    /// know. Default: 6 hours. While the referrer's own sign-up is in the outbox, it waits anyway.
    pub fn referrer_grace(mut self, grace: Duration) -> Self {
        self.settings.referrer_grace = grace;
        self
    }

    /// For how many customers in a row Partnero has to fail until the whole fleet pauses.
    /// Default: 3.
    pub fn outage_lanes(mut self, lanes: usize) -> Self {
        self.settings.outage_lanes = lanes;
        self
    }

    /// The wait before the first probe of a pause, doubled for each further one, and the longest.
    /// Default: 1 second and 1 minute.
    pub fn probes(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.probes = Waits { first, longest };
        self
    }

    /// For how long a worker relies on what it knows of the fleet's pause; before any call for
    /// which that is older it asks the database. Default: 500 milliseconds.
    ///
    /// So long after a 429 is on record, another process may still send its next call. A database
    /// that takes longer to answer holds all deliveries up.
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
        if settings.look_up_after <= self.client.timeout() {
            return refuse(
                "look_up_after",
                "a request may still be under way: write more than the client's time-out",
            );
        }
        if settings.lease <= settings.look_up_after {
            return refuse("lease", "write more than `look_up_after`");
        }
        if settings.poll.is_zero() {
            return refuse("poll", "no database likes that: write some milliseconds");
        }
        for (setting, waits) in [("retries", settings.waits), ("probes", settings.probes)] {
            if waits.first.is_zero() || waits.longest < waits.first {
                return refuse(
                    setting,
                    "the first wait is zero, or longer than the longest",
                );
            }
        }
        if settings.pause_lag.is_zero() {
            return refuse(
                "pause_lag",
                "no answer is that fresh: write some milliseconds",
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
