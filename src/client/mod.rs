//! Partnero's API, typed.
//!
//! An app makes one [`Client`] and clones it freely: clones share the connections and the limits.
//!
//! # Example
//!
//! ```no_run
//! use tower_partnero::client::{Client, NewCustomer};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from_env()?; // the key is in PARTNERO_API_KEY
//! let customer = client
//!     .customers()
//!     .create(&NewCustomer::new(42).email("anna@shop.example").name("Anna"))
//!     .await?;
//! println!("share {}", customer.referral_link.unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed
//!
//! 1. A call is repeated after a refused connection and a 429, and after a time-out, a cut
//!    connection and a 5xx if sending it twice has the effect of sending it once. The delays
//!    double, differ by chance, obey `Retry-After`, stay within a budget, and end with the call's
//!    deadline.
//! 2. A call that could pay, refund, credit or invite twice is never repeated once it may have
//!    arrived. It ends as [`ErrorKind::Ambiguous`], whose text says how to find out what happened.
//! 3. Every error keeps Partnero's status, message and field errors ([`Error`]).
//! 4. Amounts are exact and in major units ([`Amount`]). Fields of an answer that have no typed
//!    field here stay in its `raw`.
//! 5. The API key goes to the base URL alone: the client follows no redirect, and of a link to the
//!    next page of a list the path and the query alone. The key is never printed.
//! 6. Time and memory are bounded by default. A call, and a list that is collected, end after 30
//!    seconds. An answer has at most 1 MiB and 65,536 values, a list that is collected at most 4 MiB.
//!
//! The limits, and the app's own tower layers, are set on the [`ClientBuilder`]. Endpoints that
//! have no method here go through [`Client::request`]. [`Customers::profile`] fetches what an
//! account page shows in one call.
//!
//! # Lists
//!
//! ```no_run
//! # async fn example(client: tower_partnero::Client) -> Result<(), tower_partnero::Error> {
//! let mut transactions = client.transactions().list().limit(50).stream();
//! while let Some(transaction) = transactions.next().await {
//!     if let Some(amount) = transaction?.amount {
//!         println!("{amount:.2}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # How sure each endpoint is
//!
#![doc = include_str!("fidelity.md")]

mod amount;
mod answer;
mod api_key;
pub(crate) mod base_url;
mod body;
mod builder;
mod call;
mod customers;
mod environment;
mod error;
mod excerpt;
mod fields;
pub(crate) mod gate;
mod handle;
mod kind;
mod leads;
mod limits;
mod list;
mod money;
mod partners;
mod payout_requests;
mod program;
mod referral_links;
mod request;
mod retry_after;
mod sheet;
mod stack;
mod stream;
mod summary;
mod times;
mod tls;
mod transactions;
mod transport;
mod visited;
mod webhooks;

pub use self::amount::{Amount, InvalidAmount};
pub use self::api_key::ApiKey;
pub use self::body::Body;
pub use self::builder::ClientBuilder;
pub use self::customers::{
    Balance, BalanceGroup, Customer, CustomerRef, CustomerSelector, CustomerUpdate, Customers,
    Friend, Invitation, NewCustomer, Profile, ReferStatus, ReferringCustomer,
};
pub use self::error::{Error, FieldError};
pub use self::handle::Client;
pub use self::kind::ErrorKind;
pub use self::leads::{Lead, Leads};
pub use self::list::{List, Page, Sort};
pub use self::money::Money;
pub use self::partners::{NewPartner, Partner, PartnerRef, PartnerUpdate, Partners};
pub use self::payout_requests::{PayoutRequest, PayoutRequests, PayoutStatus};
pub use self::program::{Program, ProgramOverview, ProgramTest};
pub use self::referral_links::{NewReferralLink, ReferralLink, ReferralLinkUpdate, ReferralLinks};
pub use self::request::AnyRequest;
pub use self::stack::{BoxError, HttpService};
pub use self::stream::Items;
pub(crate) use self::summary::CallSummary;
pub use self::transactions::{Buyer, NewTransaction, Reward, Transaction, Transactions};
pub use self::webhooks::{NewWebhook, Webhook, WebhookUpdate, Webhooks};
