//! Guide pages: what the crate promises, and how each part is used in a whole program.
//!
//! There is nothing to import here. Every program on these pages is compiled by `cargo test`, or
//! built and run by the crate's own checks.
//!
//! | Page | What it answers |
//! |---|---|
//! | [`guarantees`] | What does the crate guarantee, and what not? |
//! | [`sign_up`] | How is a sign-up reported, and what came of it? |
//! | [`invited`] | Who invited this visitor, and does anybody have this code? |
//! | [`outbox`] | How does a report survive an outage or a crash? |
//! | [`metrics`] | Which numbers are there for a monitoring system, and when does it wake a person? |
//! | [`databases`] | My app uses Diesel, SeaORM, tokio-postgres, rusqlite or sqlx 0.8: how does it report? |
//! | [`operator`] | How are the outbox and the program looked after from a shell? |
//! | [`webhooks`] | How does the app hear of a reward? |
//! | [`account`] | What does a customer's own page show? |
//! | [`payments`] | What if Stripe or Paddle carries the payments? |
//! | [`who_was_there`] | What about the users who were there before, and do both sides agree? |
//! | [`leaving`] | What if somebody wants to know what is stored about them, or to be forgotten? |
//! | [`affiliate`] | What is different in an affiliate program? |
//! | [`caches_and_consent`] | What about cached pages and cookie banners? |
//! | [`hosts`] | How does it go into axum, hyper, Loco, Leptos, Dioxus, Lambda, tonic or Salvo? |
//! | [`frameworks`] | Does it work with my framework and my database? |
//! | [`troubles`] | Why does it not compile, and why is a page a 500? |

#[doc = include_str!("affiliate.md")]
pub mod affiliate {}

#[doc = include_str!("account.md")]
pub mod account {}

#[doc = include_str!("caches_and_consent.md")]
pub mod caches_and_consent {}

#[doc = include_str!("databases.md")]
///
/// In SQLite:
///
/// ```sql
#[doc = include_str!("../delivery/outbox/schema/sqlite.sql")]
/// ```
///
/// In PostgreSQL:
///
/// ```sql
#[doc = include_str!("../delivery/outbox/schema/postgres.sql")]
/// ```
pub mod databases {}

#[doc = include_str!("frameworks.md")]
pub mod frameworks {}

#[doc = include_str!("guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("hosts.md")]
pub mod hosts {}

#[doc = include_str!("invited.md")]
pub mod invited {}

#[doc = include_str!("leaving.md")]
pub mod leaving {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("operator.md")]
pub mod operator {}

#[doc = include_str!("outbox.md")]
pub mod outbox {}

#[doc = include_str!("payments.md")]
pub mod payments {}

#[doc = include_str!("sign_up.md")]
pub mod sign_up {}

#[doc = include_str!("troubles.md")]
pub mod troubles {}

#[doc = include_str!("webhooks.md")]
pub mod webhooks {}

#[doc = include_str!("who_was_there.md")]
pub mod who_was_there {}
