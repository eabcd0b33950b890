//! Receiving webhooks in any tower server.
//!
//! [`WebhookService`] answers Partnero, and the app takes the events from [`Events`]. Between them is
//! a queue of a fixed length. If the queue is full, or [`Events`] is dropped, Partnero gets a 503 and
//! tries again later. No event is dropped in silence.
//!
//! # Example
//!
//! ```
//! use http::{Request, StatusCode};
//! use tower::ServiceExt;
//! use tower_partnero::WebhookVerifier;
//! use tower_partnero::webhook::receive::WebhookService;
//! use tower_partnero::webhook::{SIGNATURE, WebhookSecret, sign};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = WebhookSecret::new("s3cret")?;
//! let verifier = WebhookVerifier::new(secret.clone());
//! let (service, mut events) = WebhookService::new(verifier, 64);
//! tokio::spawn(async move {
//!     while let Some(received) = events.next().await {
//!         println!("{}", received.event().name());
//!         received.accept();
//!     }
//! });
//!
//! let body = r#"{"event":"customer.created","data":{"id":"7"}}"#;
//! let request = Request::post("/partnero")
//!     .header(SIGNATURE, sign(&secret, body))
//!     .body(body.to_owned())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! # At once, or when the app has it
//!
//! By default the service answers as soon as the event is in the queue. If the process dies, the
//! events in the queue are lost. With [`WebhookService::wait`] the service answers when the app has
//! called [`Received::accept`], and with a 503 if that takes too long or never happens. So every
//! event is either accepted by the app or sent again. An app that must not lose an event uses
//! `wait` and an [inbox](crate::webhook::inbox): the app may accept an event after the 503, and then
//! Partnero sends it again.

mod body;
mod events;
mod service;

pub use self::events::{Events, Received};
pub use self::service::{WebhookFuture, WebhookService};
