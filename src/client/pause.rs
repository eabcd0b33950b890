//! A pause of all calls, after Partnero has asked for one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long to pause after a 429 that does not say.
const UNSAID: Duration = Duration::from_secs(1);

/// Shared by every call of a delivery: once one of them is told to come later, none is sent
/// before that. A clone is the same pause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pause(Arc<Mutex<Option<Instant>>>);

impl Pause {
    pub(crate) fn is_on(&self) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn begin(&self, asked: Option<Duration>) {
        let Some(end) = Instant::now().checked_add(asked.unwrap_or(UNSAID)) else {
            return;
        };
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(until.map_or(end, |until| until.max(end)));
    }
}
