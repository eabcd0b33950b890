//! Remembers who referred a visitor, and tells [Partnero](https://www.partnero.com) when that
//! visitor signs up: for refer-a-friend and [affiliate](guide::affiliate) programs, in any tower
//! server.
//!
//! A customer shares `https://shop.example/?ref=KEY`. A friend follows the link, comes back days
//! later without the key, and signs up. The way of the data, and the modules along it:
//!
//! ```text
//! request ──► capture ──► context ──► your handler ──► signup ──► delivery ──► client ──► Partnero
//!             the layer    extractors                  the hook    the outbox   typed API
//! ```
//!
//! # The main types
//!
//! | Type | What it is for |
//! |---|---|
//! | [`Referrals`] | The policy, made once. [`layer()`](Referrals::layer) of it is the middleware, and the app's state holds it for the extractors. |
//! | [`ReferralLayer`] | The middleware: finds the key in a link and stores it in a cookie. |
//! | `Option<`[`Referral`]`>` | What a handler asks for: who referred this visitor, or nobody. |
//! | [`ReferralContext`] | The same with the reason, an [`Outcome`]. |
//! | [`FromExtension`], [`OfProgram`] | The same extractors for an app whose state is not its own type, and for one with several programs. |
//! | [`Signups`] | The policy together with the way to Partnero, for the app's state. |
//! | [`SignupHook`] | What a sign-up handler asks for: reports the new customer, with the referrer filled in. |
//! | [`SignupOutcome`] | What came of the report. Returned with the response, it removes the cookie if the report arrived. |
//! | [`Spent`] | The part of a response that removes the cookie, where a report went into the outbox. |
//! | [`NewCustomer`] | What Partnero is told of a new user. |
//! | [`Outbox`] | Keeps reports in the app's own database until Partnero has them. |
//! | [`DeliveryWorker`] | Sends what is in the outbox, in order and once. |
//! | [`Client`] | Partnero's API: customers, transactions, balances, webhooks. |
//! | [`Error`] | Why a call to Partnero failed, and by [`ErrorKind`] what to do about it. |
//! | [`Event`] | A webhook of Partnero's, such as the news of a reward. |
//! | [`WebhookVerifier`] | Proves that a webhook is Partnero's. |
//! | [`Snippet`] | The tag of Partnero's script in the browser, which counts clicks. |
//! | [`Sandbox`] | A local Partnero to develop and test against. |
//!
//! The [`guide`] has a whole program for each of them, says what is guaranteed and what is not, and
//! helps where something does not compile. A program without any framework stands at [`Referrals`].
//!
//! # Features
//!
//! | Feature | Default | What for |
//! |---|---|---|
//! | `tracing` | yes | events: what the layer decided and a handler read (`debug`), what came of reports |
//! | `axum` | | extractors and response parts (on axum-core alone) |
//! | `aide` | | the extractors in handlers that aide describes |
//! | `client` | | the API client and the sign-up hook |
//! | `currency` | | amounts in minor units, with the decimals of their currency (ISO 4217) |
//! | `inviter` | | who invited a visitor, for a landing page and for a typed code |
//! | `outbox` | | the outbox, in memory alone |
//! | `outbox-sqlite`, `outbox-postgres` | | the outbox in a database, over sqlx; Rust 1.94 |
//! | `default-tls`, `rustls`, `rustls-no-provider`, `native-tls` | | TLS for the client, under reqwest's names |
//! | `gzip` | | compressed answers for the client |
//! | `companion` | | a signed cookie that knows when the links were followed |
//! | `detour` | | signed tokens that carry a referral where no cookie goes |
//! | `webhook` | | verifying, reading and receiving webhooks |
//! | `inbox-sqlite`, `inbox-postgres` | | each event once, in the app's own transaction; need Rust 1.94 |
//! | `qr` | | a customer's link as a QR code |
//! | `sandbox` | | a local Partnero to develop and test against |
//! | `metrics` | | [counters and gauges](guide::metrics) through the crate `metrics` |
//! | `cli` | | the program [`partnero`](guide::operator), with all that it needs; Rust 1.94 |
//!
//! Without any feature the crate is the capture layer alone, and pulls in no HTTP client. A client
//! without TLS reaches loopback only, and says so when it is built.

#![cfg_attr(docsrs, feature(doc_cfg))]
// These docs name every feature's types; a build without them has nothing to link to.
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "companion",
        feature = "inviter",
        feature = "metrics",
        feature = "outbox-postgres",
        feature = "outbox-sqlite",
        feature = "qr",
        feature = "sandbox",
        feature = "webhook"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]
#![forbid(unsafe_code)]

#[cfg(feature = "client")]
pub mod account;
#[cfg(feature = "client")]
pub mod backfill;
pub mod capture;
#[cfg(feature = "client")]
pub mod client;
pub mod context;
#[cfg(feature = "client")]
pub mod delivery;
#[cfg(feature = "detour")]
pub mod detour;
mod error;
#[cfg(feature = "axum")]
pub mod extract;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "inviter")]
pub mod inviter;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "client")]
pub mod payments;
#[cfg(any(feature = "client", feature = "sandbox"))]
mod random;
#[cfg(feature = "client")]
pub mod reconcile;
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
#[cfg(feature = "axum")]
pub use self::extract::{FromExtension, OfProgram};
pub use self::referral::{InvalidReferralKey, ProgramKind, Referral, ReferralKey, ReferralSource};
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
