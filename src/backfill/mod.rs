//! Customers who were there before the app knew Partnero: each of the app's users becomes a customer.
//!
//! A [`Backfill`] takes the app's users as a stream, and creates them at Partnero within a rate.
//! [`reconcile`](crate::reconcile) compares both sides afterwards.
//!
//! # What is guaranteed
//!
//! 1. A user who is at Partnero already stays as there; nothing is changed. So the whole may be run
//!    again at any time, also by mistake, and nobody is created twice.
//! 2. A referrer comes before the friend, if the stream has them in this order: a friend whose referrer
//!    Partnero does not know yet waits until every user before who can be the referrer is finished, also
//!    if that user waits for a referrer too. Order users by when they signed up.
//! 3. A crash loses nothing: [`BackfillReport::finished`] says how many users at the beginning of the
//!    stream need no second look. Store it, and [`skip`](Backfill::skip) them next time.
//! 4. An outage makes it wait, as long as [`patience`](Backfill::patience) says. `Retry-After` is
//!    obeyed.
//! 5. Memory is bounded: at most 1,000 users are held, and the first 1,000 refusals are kept.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//!
//! use futures_util::stream;
//! use tower_partnero::backfill::Backfill;
//! use tower_partnero::client::CustomerRef;
//! use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sandbox = Sandbox::start().await?;
//! # let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url()).build()?;
//! let users = [
//!     NewCustomer::new(1).email("anna@shop.example").name("Anna"),
//!     NewCustomer::new(2).email("ben@shop.example").referring_customer(CustomerRef::id(1)),
//! ];
//! let users = stream::iter(users.map(Ok::<_, Infallible>)); // a query's rows, a file's lines
//! let report = Backfill::new(client)
//!     .per_second(10)
//!     .on_progress(|report| println!("{} users", report.finished))
//!     .run(users)
//!     .await?;
//! assert_eq!((report.created, report.referred, report.refused_count), (2, 1, 0));
//! # Ok(())
//! # }
//! ```
//!
//! [`guide::who_was_there`](crate::guide::who_was_there) has a whole program over a table of users.

mod error;
mod report;
mod run;
mod settings;

pub use self::error::BackfillError;
pub use self::report::{BackfillReport, RefusedReason, RefusedUser};
pub use self::settings::Backfill;
