//! Whether anybody called while Partnero had asked to wait.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use tower_partnero::sandbox::SandboxRequest;

use crate::Failure;
use crate::check::expect;

/// What the sandbox asks for.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// What was on its way when the 429 was answered cannot be called back, and other processes learn
/// of it from the database.
const ON_THE_WAY: Duration = Duration::from_millis(500);

/// A stretch of time in which a 429 could go unheard: whoever got it was killed or stopped before
/// it could be written down.
#[derive(Clone, Copy)]
pub(crate) struct Deaf {
    from: SystemTime,
    to: SystemTime,
}

impl Deaf {
    pub(crate) fn now() -> Self {
        let now = SystemTime::now();
        Self {
            from: now - ON_THE_WAY,
            to: now,
        }
    }

    /// It goes on until now.
    pub(crate) fn until_now(self) -> Self {
        Self {
            to: SystemTime::now(),
            ..self
        }
    }

    fn covers(&self, time: SystemTime) -> bool {
        self.from <= time && time <= self.to
    }
}

/// Counts the calls between what was on its way and the end of the wait.
pub(crate) fn before_retry_after(
    requests: &[SandboxRequest],
    deaf: &[Deaf],
) -> Result<String, Failure> {
    let (mut waits, mut unheard) = (0, 0);
    let mut on_the_way = 0;
    for (index, asked) in requests.iter().enumerate() {
        if asked.status != Some(StatusCode::TOO_MANY_REQUESTS) {
            continue;
        }
        if deaf.iter().any(|deaf| deaf.covers(asked.received_at)) {
            unheard += 1;
            continue;
        }
        waits += 1;
        for call in &requests[index + 1..] {
            let after = call
                .received_at
                .duration_since(asked.received_at)
                .unwrap_or_default();
            if after >= RETRY_AFTER {
                break;
            }
            on_the_way += 1;
            expect(after <= ON_THE_WAY, || {
                format!("{} {} came {after:.0?} after a 429", call.method, call.path)
            })?;
        }
    }
    Ok(format!(
        "{waits} waits kept ({on_the_way} calls were on their way, {unheard} died with who heard)"
    ))
}
