//! Webhooks: Partnero tells the app what happened, for example that a customer was rewarded.
//!
//! 1. [`WebhookVerifier`] checks the signature over the bytes as they came, before it reads them.
//!    Every request with a wrong signature gets the same answer.
//! 2. [`Event`] is what happened. Its data is always there as JSON, and an event that this crate
//!    does not know is no error.
//! 3. An [`inbox`] keeps an event that Partnero sends twice from having its effect twice.
//!
//! # Example
//!
//! Without any framework, from the headers and the bytes of a request:
//!
//! ```
//! use http::HeaderMap;
//! use tower_partnero::webhook::{EventKind, SIGNATURE, WebhookSecret, WebhookVerifier, sign};
//!
//! let secret = WebhookSecret::new("the `signature` of the subscription")?;
//! let verifier = WebhookVerifier::new(secret.clone());
//!
//! // What Partnero sends; `sign` is for tests.
//! let body = r#"{"event":"customer.rewarded","data":{"id":"user-7"}}"#;
//! let mut headers = HeaderMap::new();
//! headers.insert(SIGNATURE, sign(&secret, body).parse()?);
//!
//! let event = verifier.verify(&headers, body)?;
//! assert_eq!(event.kind(), EventKind::CustomerRewarded);
//! assert_eq!(event.data()["id"], "user-7");
//!
//! // A body that the secret did not sign.
//! let refused = verifier.verify(&headers, r#"{"event":"customer.rewarded"}"#).unwrap_err();
//! assert_eq!(refused.status(), 401);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! In an axum app, [`Event`] is an extractor, the last argument of its handler; for every other
//! tower server there is [`WebhookService`](receive::WebhookService).
//!
//! # What no source says
//!
//! The authors of this crate have never seen the data of a refer-a-friend program's events. It is not
//! documented how often and for how long Partnero tries again, nor whether a retry has a new
//! `created_at`.

mod digest;
mod error;
mod event;
#[cfg(feature = "axum")]
mod extract;
pub mod inbox;
mod kind;
pub mod receive;
mod secret;
mod signature;
#[cfg(feature = "client")]
mod subscribe;
mod verifier;

pub use self::digest::EventDigest;
pub use self::error::{WebhookError, WebhookErrorKind};
pub use self::event::Event;
pub use self::kind::EventKind;
pub use self::secret::WebhookSecret;
pub use self::signature::{OLDER_SIGNATURE, SIGNATURE, sign};
#[cfg(feature = "client")]
pub use self::subscribe::{SubscribeError, Subscription, SubscriptionChange, ensure_subscription};
pub use self::verifier::WebhookVerifier;
