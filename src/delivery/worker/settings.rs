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
