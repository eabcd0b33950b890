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
//! # What the client does not do
//!
//! It follows no redirects, because the API key would go along; it sends each call once; it reads
//! at most 8 MiB of an answer.

mod amount;
mod answer;
mod api_key;
mod base_url;
mod body;
mod builder;
mod call;
mod customer;
mod customers;
mod error;
mod fields;
mod kind;
mod limits;
mod money;
mod new_customer;
mod retry_after;
mod stack;
mod summary;
mod times;
mod tls;
mod transport;

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use self::amount::{Amount, InvalidAmount};
pub use self::api_key::ApiKey;
pub use self::body::Body;
pub use self::builder::ClientBuilder;
use self::call::Call;
pub use self::customer::{Customer, ReferringCustomer};
pub use self::customers::Customers;
pub use self::error::{Error, FieldError};
pub use self::kind::ErrorKind;
pub use self::money::Money;
pub use self::new_customer::{CustomerRef, NewCustomer};
pub use self::stack::{BoxError, HttpService};
pub(crate) use self::summary::CallSummary;
use self::transport::Transport;
use crate::error::ConfigError;

/// A client of one Partnero program. See the [module docs](self) for an example.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
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

    fn from_transport(transport: Transport) -> Self {
        Self {
            transport: Arc::new(transport),
        }
    }

    async fn send(&self, call: Call) -> Result<Map<String, Value>, Error> {
        self.transport.send(call).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.transport.base_url)
            .field("api_key", &self.transport.api_key)
            .finish_non_exhaustive()
    }
}
