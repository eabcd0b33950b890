//! Credits the friend: referral links of [Partnero](https://www.partnero.com) refer-a-friend
//! programs, from the click to the sign-up, in any tower server.
//!
//! A customer shares `https://shop.example/?ref=KEY`. A friend lands, browses, comes back days
//! later without the key, and signs up. The way of the data, and the modules along it:
//!
//! ```text
//! request ──► capture ──► context ──► your handler ──► signup ──► delivery ──► client ──► Partnero
//!             the layer    extractors                  the hook    the ladder   typed API
//! ```
//!
//! 1. [`Referrals`] is the policy, made once. [`Referrals::layer`] is the middleware: it looks
//!    for the key in the query, and stores a new one in a cookie.
//! 2. [`ReferralContext`] and `Option<`[`Referral`]`>` tell a handler what the request says about
//!    its referral, and why. With the feature `axum` they are extractors.
//! 3. [`SignupHook`] reports a sign-up with the referrer filled in. Its outcome is a response part
//!    and removes the cookie once Partnero has answered.
//! 4. [`Outbox`] keeps reports in the app's own database until Partnero has them, through outages
//!    and crashes.
//! 5. [`Client`] is Partnero's API, and [`Sandbox`] a local Partnero to develop and test against.
//! 6. The way back is a [`webhook`]: Partnero tells of a reward, [`WebhookVerifier`] proves that
//!    it is Partnero, and the app gets an [`Event`].
//!
//! A whole program stands in the [module docs of `signup`](signup#example), one without any
//! framework at [`Referrals`].
//!
//! # Around the router or inside it
//!
//! `Router::layer` works, and so does wrapping the whole router from outside, which also sees
//! requests that no route matches, and spares what `Router::layer` itself costs for each request:
//!
//! ```no_run
//! use axum::{Router, ServiceExt, extract::Request, routing::get};
//! use tokio::net::TcpListener;
//! use tower::Layer;
//! use tower_partnero::Referrals;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let referrals = Referrals::builder().build()?;
//! let router = Router::new().route("/", get(async || "welcome")); // and `.with_state(...)`
//! let app = referrals.layer().layer(router);
//! let listener = TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, ServiceExt::<Request>::into_make_service(app)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! With `Router::layer` the order of the lines counts, because each layer goes around what stands
//! above it:
//!
//! - Routes that are added after `.layer(referrals.layer())` are not covered: no link to them is
//!   captured. Write the line behind the last route.
//! - A middleware that is added later stands outside ours. If it overwrites `Cache-Control`, it
//!   undoes our `private`, and a shared cache may give one visitor's cookie to another. If it answers
//!   by itself, as a redirect to a login page does, we do not see the request. So add ours last.
//!
//! # Features
//!
//! | Feature | Default | What for |
//! |---|---|---|
//! | `tracing` | yes | events: what the layer decided and a handler read (`debug`), what came of reports |
//! | `axum` | | extractors and response parts (on axum-core alone) |
//! | `client` | | the API client and the sign-up hook |
//! | `outbox` | | the outbox, in memory alone |
//! | `outbox-sqlite`, `outbox-postgres` | | the outbox in a database, over sqlx; Rust 1.94 |
//! | `default-tls`, `rustls`, `rustls-no-provider`, `native-tls` | | TLS for the client, under reqwest's names |
//! | `gzip` | | compressed answers for the client |
//! | `companion` | | a signed cookie that knows when the links were followed |
//! | `detour` | | signed tokens that carry a referral where no cookie goes |
//! | `webhook` | | verifying, reading and receiving webhooks |
//! | `inbox-sqlite`, `inbox-postgres` | | each event once, in the app's own transaction; need Rust 1.94 |
//! | `sandbox` | | a local Partnero to develop and test against |
//!
//! Without any feature the crate is the capture layer alone, and pulls in no HTTP client. A client
//! without TLS reaches loopback only, and says so when it is built.

#![cfg_attr(docsrs, feature(doc_cfg))]
// These docs name every feature's types; a build without them has nothing to link to.
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "companion",
        feature = "outbox-postgres",
        feature = "outbox-sqlite",
        feature = "sandbox",
        feature = "webhook"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]
#![forbid(unsafe_code)]

pub mod capture;
#[cfg(feature = "client")]
pub mod client;
pub mod context;
#[cfg(feature = "client")]
pub mod delivery;
#[cfg(feature = "detour")]
pub mod detour;
mod error;
#[cfg(any(feature = "client", feature = "sandbox"))]
mod random;
mod referral;
pub mod response;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(any(feature = "companion", feature = "detour"))]
mod signing;
#[cfg(feature = "client")]
pub mod signup;
pub mod snippet;
#[cfg(any(feature = "client", feature = "webhook"))]
mod values;
#[cfg(feature = "webhook")]
pub mod webhook;

pub use self::capture::{Attribution, ReferralLayer, Referrals, SameSite};
#[cfg(feature = "client")]
pub use self::client::{ApiKey, Client, Customer, Error, ErrorKind, NewCustomer};
pub use self::context::{NotStored, Outcome, ReferralContext, ReferralLayerMissing};
#[cfg(feature = "client")]
pub use self::delivery::{Delivery, Registration};
#[cfg(feature = "outbox")]
pub use self::delivery::{DeliveryWorker, Outbox};
pub use self::error::ConfigError;
pub use self::referral::{InvalidReferralKey, Referral, ReferralKey, ReferralSource};
pub use self::response::Spent;
#[cfg(feature = "sandbox")]
pub use self::sandbox::Sandbox;
#[cfg(feature = "client")]
pub use self::signup::{SignupError, SignupErrorKind, SignupHook, SignupOutcome, Signups};
pub use self::snippet::Snippet;
#[cfg(feature = "webhook")]
pub use self::webhook::{Event, WebhookVerifier};

#[cfg(all(doctest, feature = "axum", feature = "outbox-sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
