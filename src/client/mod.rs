//! Partnero's API, typed.
//!
//! Made once and cloned freely: clones share the connections.
//!
//! # Example
//!
//! ```no_run
//! use tower_partnero::client::{ApiKey, Client, NewCustomer};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(ApiKey::new(std::env::var("PARTNERO_API_KEY")?)?)?;
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
//! 1. What may be repeated is repeated: after a refused connection and a 429 always, after a
//!    time-out, a cut connection and a 5xx where that does no harm. Delays grow by chance, obey
//!    `Retry-After`, stay within a budget, and end with the call's deadline.
//! 2. What could pay, refund, credit or invite twice is never repeated once it may have arrived.
//!    It ends as [`ErrorKind::Ambiguous`], whose text says how to find out.
//! 3. Every error keeps Partnero's status, message and field errors ([`Error`]).
//! 4. Amounts are exact and in major units ([`Amount`]). What an answer holds beside the typed
//!    fields stays in its `raw`.
//! 5. The API key goes to the base address alone: no redirect is followed, and no link of a list
//!    that leads elsewhere. It is never printed.
//!
//! The limits, and the app's own tower layers, are set on the [`ClientBuilder`]. What has no
//! method here goes through [`Client::request`]. An account page comes in one call,
//! [`Customers::profile`].
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
mod error;
mod excerpt;
mod fields;
pub(crate) mod gate;
mod kind;
mod limits;
mod list;
mod money;
mod page;
mod program;
mod referral_links;
mod request;
mod retry_after;
mod stack;
mod stream;
mod summary;
mod times;
mod tls;
mod trail;
mod transactions;
mod transport;
mod webhooks;

use std::fmt;
use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value};

pub use self::amount::{Amount, InvalidAmount};
pub use self::api_key::ApiKey;
use self::base_url::BaseUrl;
pub use self::body::Body;
pub use self::builder::ClientBuilder;
use self::call::Call;
pub use self::customers::{
    Balance, BalanceGroup, Customer, CustomerRef, CustomerSelector, CustomerUpdate, Customers,
    Friend, Invitation, NewCustomer, Profile, ReferStatus, ReferringCustomer,
};
pub use self::error::{Error, FieldError};
use self::gate::Gate;
pub use self::kind::ErrorKind;
pub use self::list::{List, Sort};
pub use self::money::Money;
pub use self::page::Page;
pub use self::program::{Program, ProgramOverview, ProgramTest};
pub use self::referral_links::{NewReferralLink, ReferralLink, ReferralLinkUpdate, ReferralLinks};
pub use self::request::AnyRequest;
pub use self::stack::{BoxError, HttpService};
pub use self::stream::Items;
pub(crate) use self::summary::CallSummary;
pub use self::transactions::{Buyer, NewTransaction, Reward, Transaction, Transactions};
use self::transport::Transport;
pub use self::webhooks::{NewWebhook, Webhook, WebhookUpdate, Webhooks};
use crate::error::ConfigError;

/// A client of one Partnero program. See the [module docs](self) for an example.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    /// Set for deliveries, which pause as one instead of repeating a 429 each on its own.
    gate: Option<Arc<dyn Gate>>,
}

impl Client {
    /// A client of Partnero itself, with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn new(api_key: ApiKey) -> Result<Self, ConfigError> {
        Self::builder(api_key).build()
    }

    /// Starts a client from the defaults of [`ClientBuilder`].
    pub fn builder(api_key: ApiKey) -> ClientBuilder {
        ClientBuilder::new(api_key)
    }

    /// The customers of the program.
    pub fn customers(&self) -> Customers<'_> {
        Customers::new(self)
    }

    /// The referral links of the program's customers.
    pub fn referral_links(&self) -> ReferralLinks<'_> {
        ReferralLinks::new(self)
    }

    /// The transactions of the program.
    pub fn transactions(&self) -> Transactions<'_> {
        Transactions::new(self)
    }

    /// The webhook subscriptions of the program.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }

    /// The program itself.
    pub fn program(&self) -> Program<'_> {
        Program::new(self)
    }

    /// Any other call, by its method and its path below the base URL, as `/partners`, with
    /// whatever needs it percent-encoded. A path that leaves the base URL is refused when the
    /// request is sent.
    pub fn request(&self, method: Method, path: &str) -> AnyRequest<'_> {
        AnyRequest::new(self, method, path)
    }

    /// The same client for deliveries: every attempt passes this gate, and a 429 ends the call and
    /// shuts it.
    #[cfg(feature = "outbox")]
    pub(crate) fn behind(&self, gate: Arc<dyn Gate>) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            gate: Some(gate),
        }
    }

    /// How long one attempt of a call may take.
    #[cfg(feature = "outbox")]
    pub(crate) fn timeout(&self) -> std::time::Duration {
        self.transport.timeout
    }

    /// How long a call may take with all of its attempts.
    #[cfg(feature = "outbox")]
    pub(crate) fn deadline(&self) -> std::time::Duration {
        self.transport.deadline
    }

    fn from_transport(transport: Transport) -> Self {
        Self {
            transport: Arc::new(transport),
            gate: None,
        }
    }

    async fn send(&self, call: Call) -> Result<Map<String, Value>, Error> {
        self.transport.send(call, self.gate.as_ref()).await
    }

    /// Sends a call that reads one thing. Partnero's own plugin takes a success with empty `data`
    /// for "not found".
    async fn read<T>(&self, call: Call, read: fn(Value) -> Option<T>) -> Result<T, Error> {
        self.fetch(call, read, ErrorKind::NotFound).await
    }

    /// Sends a call that changes one thing and gets it back.
    async fn write<T>(&self, call: Call, read: fn(Value) -> Option<T>) -> Result<T, Error> {
        self.fetch(call, read, ErrorKind::Decode).await
    }

    async fn fetch<T>(
        &self,
        call: Call,
        read: fn(Value) -> Option<T>,
        empty: ErrorKind,
    ) -> Result<T, Error> {
        let summary = call.summary.clone();
        let mut envelope = self.send(call).await?;
        let data = envelope.remove("data");
        data.and_then(read)
            .ok_or_else(|| Error::new(empty, &summary).with_message("the answer is empty"))
    }

    fn base_url(&self) -> &BaseUrl {
        &self.transport.base_url
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url().to_string())
            .field("api_key", &self.transport.api_key)
            .finish_non_exhaustive()
    }
}
