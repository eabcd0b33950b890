//! Whether anybody called while Partnero had asked to wait.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use tower_partnero::sandbox::SandboxRequest;

use crate::Failure;

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

/// Looks for calls between what was on its way and the end of each wait.
pub(crate) fn before_retry_after(
    requests: &[SandboxRequest],
    deaf: &[Deaf],
) -> Result<String, Failure> {
    let (mut waits, mut unheard, mut on_the_way) = (0, 0, 0);
    for (index, asked) in requests.iter().enumerate() {
        if asked.status != Some(StatusCode::TOO_MANY_REQUESTS) {
            continue;
        }
        waits += 1;
        let since = |call: &SandboxRequest| {
            let since = call.received_at.duration_since(asked.received_at);
            since.unwrap_or_default()
        };
        let later = &requests[index + 1..];
        let within: Vec<_> = later
            .iter()
            .take_while(|call| since(call) < RETRY_AFTER)
            .collect();
        let early = within.iter().find(|call| since(call) > ON_THE_WAY);
        match early {
            None => on_the_way += within.len(),
            Some(_) if deaf.iter().any(|deaf| deaf.covers(asked.received_at)) => unheard += 1,
            Some(call) => {
                let (method, path, after) = (&call.method, &call.path, since(call));
                let next = deaf
                    .iter()
                    .filter_map(|deaf| deaf.to.duration_since(asked.received_at).ok());
                let next = next.min().unwrap_or_default();
                return Err(format!(
                    "{method} {path} came {after:.0?} after a 429, and somebody was killed {next:.0?} after it"
                )
                .into());
            }
        }
    }
    Ok(format!(
        "{waits} waits ({unheard} died with who heard of them, {on_the_way} calls were on their way)"
    ))
}
