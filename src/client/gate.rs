//! What decides whether the calls of a delivery may be sent.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A call of a delivery asks its gate before every attempt, because another call may have got a 429
/// meanwhile. A call that gets a 429 itself shuts the gate.
pub(crate) trait Gate: fmt::Debug + Send + Sync {
    /// Whether an attempt may be sent right now. After a yes it is sent without another wait.
    fn lets_pass(&self) -> Answer<bool>;

    /// Whether a call that failed may be tried again within the same delivery.
    fn allows_retries(&self) -> bool;

    /// Until when the body of an attempt may be written. The process may stand still after the yes.
    fn latest(&self) -> Option<Instant>;

    /// Shuts the gate, because Partnero has answered 429 and asks to wait this long, if it says how
    /// long. In this process the gate is shut at once; the future ends when it is shut for all.
    fn shut(&self, asked: Option<Duration>) -> Answer<()>;
}
