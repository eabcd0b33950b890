//! The events that the sandbox sends.

mod envelope;
mod notice;
mod post;
mod sender;
mod sent;
mod settings;

pub(super) use self::notice::Notices;
pub(super) use self::sender::{Outbound, Sender};
pub use self::sent::SandboxWebhook;
pub use self::settings::WebhookDelivery;
