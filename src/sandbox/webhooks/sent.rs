//! What was sent, and what came back.

use std::time::SystemTime;

use http::StatusCode;

/// One attempt to deliver an event, from [`Sandbox::webhooks`](crate::Sandbox::webhooks).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SandboxWebhook {
    /// The name of the event.
    pub event: String,
    /// Where it was sent.
    pub url: String,
    /// The body, as it was signed.
    pub body: Vec<u8>,
    /// The value of the signature's header.
    pub signature: String,
    /// The status of the answer; `None` if there was none in time, and for an address that the
    /// sandbox does not send to.
    pub status: Option<StatusCode>,
    /// When the attempt had ended.
    pub ended_at: SystemTime,
}
