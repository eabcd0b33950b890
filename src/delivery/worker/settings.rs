//! What was settled about a worker, with each default.

use std::time::Duration;

use super::retry::Waits;

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
            referrer_grace: seconds(2 * 60),
            outage_lanes: 3,
            probes: Waits {
                first: seconds(1),
                longest: seconds(60),
            },
            pause_lag: Duration::from_millis(500),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the documentation of [`DeliveryWorkerBuilder`](super::super::DeliveryWorkerBuilder) says.
    #[test]
    fn the_defaults_are_those_of_the_docs() {
        let settings = Settings::default();
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(settings.lease, minutes(2));
        assert_eq!(settings.look_up_after, Duration::from_secs(30));
        assert_eq!(settings.waits.longest, minutes(60));
        assert_eq!(settings.give_up_after, minutes(14 * 1_440));
        assert_eq!(settings.referrer_grace, minutes(2));
        assert_eq!(settings.probes.longest, minutes(1));
    }
}
