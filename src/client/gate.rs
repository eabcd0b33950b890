//! Who says whether the calls of a delivery may be sent.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

pub(crate) type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Asked before every attempt of every call of a delivery, because others may have been told to
/// wait since the last one, and told when it is this call that is to wait.
pub(crate) trait Gate: fmt::Debug + Send + Sync {
    /// Whether an attempt may be sent right now. Nothing happens between a yes and the sending.
    fn lets_pass(&self) -> Answer<bool>;

    /// When the body of an attempt has to be on its way, whatever held it up after that yes.
    fn latest(&self) -> Option<Instant>;

    /// Partnero has answered 429, and asks to wait this long, if it says how long. It holds from
    /// the call on; the future ends once it holds for everybody.
    fn shut(&self, asked: Option<Duration>) -> Answer<()>;
}
