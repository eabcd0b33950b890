//! The webhooks that the sandbox sends.

mod envelope;
mod notice;
mod post;
mod sender;
mod settings;

pub(super) use self::notice::Notices;
pub use self::sender::SandboxWebhook;
pub(super) use self::sender::{Outbound, Sender};
pub use self::settings::WebhookDelivery;
