//! Receiving webhooks in any tower server.
//!
//! [`WebhookService`] answers Partnero, and [`Events`] is where the app takes the events from.
//! Between them is a queue of a fixed length. When it is full, or the app has gone away, Partnero
//! gets a 503 and tries again later: an event is never dropped in silence.
//!
//! # Example
//!
//! ```
//! use http::{Request, StatusCode};
//! use tower::ServiceExt;
//! use tower_partnero::WebhookVerifier;
//! use tower_partnero::webhook::{SIGNATURE, WebhookSecret, WebhookService, sign};
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
//! As it is made, the service answers as soon as the event is in the queue; what is in the queue
//! is lost if the process dies. With [`WebhookService::wait`] it answers when the app has called
//! [`Received::accept`], and with a 503 if that takes too long or never comes: then an event is
//! either stored by the app or told again. An app that may not lose one waits, and tells what it
//! has seen by an [inbox](crate::webhook::inbox), since a 503 can come too late for an event that
//! was accepted after all.

mod body;
mod events;
mod service;

pub use self::events::{Events, Received};
pub use self::service::WebhookService;
