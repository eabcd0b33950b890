//! The settings of the client, checked when it is built.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use reqwest::redirect::Policy;
use tower_layer::Layer;
use tower_service::Service;

use super::api_key::ApiKey;
use super::base_url::{BaseUrl, PARTNERO};
use super::body::Body;
use super::handle::Client;
use super::limits::Limits;
use super::stack::{self, BoxError, HttpService};
use super::transport::Transport;
use crate::error::ConfigError;

const USER_AGENT: &str = concat!("tower-partnero/", env!("CARGO_PKG_VERSION"));

type Wrap = dyn Fn(HttpService) -> HttpService + Send + Sync;

/// Settings of a [`Client`]. All are checked by [`build`](Self::build).
///
/// Partnero documents neither its rate limit nor how long it may take to answer
/// (<https://docs.partnero.com/api-reference/introduction>), so every default here is this
/// crate's own choice.
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    api_key: ApiKey,
    base_url: String,
    user_agent: String,
    limits: Limits,
    layers: Vec<Arc<Wrap>>,
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
}

impl ClientBuilder {
    fn new(api_key: ApiKey) -> Self {
        Self {
            api_key,
            base_url: PARTNERO.to_owned(),
            user_agent: USER_AGENT.to_owned(),
            limits: Limits::default(),
            layers: Vec::new(),
        }
    }

    /// Where the API is. Default: `https://api.partnero.com/v1`.
    ///
    /// Refused: what is no `https` URL, and plain `http` to anything but loopback, where it would
    /// show the API key to the network; a user, a query or a fragment in it. For the same reason
    /// plain `http` passes no proxy of the environment (`HTTP_PROXY`); `https` does
    /// (`HTTPS_PROXY`), which sees nothing of what it carries.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// How long one attempt may take, from the connection to the last byte. Default: 10 seconds.
    /// Zero is refused.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    /// How long connecting may take, as a part of [`timeout`](Self::timeout). Default: 5 seconds.
    /// Zero is refused.
    ///
    /// Let it be the shorter of the two: where connecting takes too long, nothing was sent; where
    /// the whole attempt does, nobody knows.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// How long a call may take with everything: waiting for its turn, every attempt, the delays
    /// between them. Default: 30 seconds. Zero is refused.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// How often a failed attempt may be followed by another one. Default: 2; at most 10, and 0
    /// for never.
    ///
    /// Always after a refused connection and a 429, because then nothing happened; after a
    /// time-out, a cut connection, a 408 and a 5xx only where repeating does no harm. A new
    /// transaction, a refund, a credit and an invitation are never repeated after those: they
    /// end as [`Ambiguous`](super::ErrorKind::Ambiguous).
    pub fn retries(mut self, retries: u32) -> Self {
        self.limits.retries = retries;
        self
    }

    /// The delay before the first retry, doubled for each further one. Chance makes each up to
    /// twice as long, and a longer `Retry-After` of Partnero's counts instead; one that goes past
    /// the [`deadline`](Self::deadline) ends the call at once. Default: 100 milliseconds.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.limits.retry_delay = delay;
        self
    }

    /// The longest delay of our own between two attempts. Default: 2 seconds. Zero, and what is
    /// shorter than [`retry_delay`](Self::retry_delay), is refused.
    pub fn longest_retry_delay(mut self, delay: Duration) -> Self {
        self.limits.longest_retry_delay = delay;
        self
    }

    /// How many retries a second all calls of this client may make, beside one for every five
    /// calls that go well, so that retries do not add to an outage. Default: 10; at most 1,000.
    pub fn retry_budget(mut self, per_second: u32) -> Self {
        self.limits.retry_budget = per_second;
        self
    }

    /// How many calls may be under way at once, and with them how many connections are open; more
    /// wait. Default: 32; 1 to 10,000.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.limits.concurrency = calls;
        self
    }

    /// The largest answer that is read, in bytes, unpacked. Default: 8 MiB, far more than a page
    /// of 250 customers; 1 KiB to 1 GiB.
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.limits.largest_answer = bytes;
        self
    }

    /// What the client calls itself. Default: this crate's name and version. A line end or another
    /// control character in it is refused.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Adds a tower layer of the app's own, outside of those that were added before.
    ///
    /// It sees each attempt as it goes over the wire, with the API key in a header marked as
    /// sensitive, and is within the time-out, the limits and the retries of this client. It may
    /// also answer itself, which makes a test without a network.
    ///
    /// An error of the layer's own is an [`Interrupted`](super::ErrorKind::Interrupted) call,
    /// because nobody knows whether it was sent; one that it passes on, or has as its
    /// [`source`](std::error::Error::source), keeps its kind.
    ///
    /// ```
    /// use http::Request;
    /// use tower::util::MapRequestLayer;
    /// use tower_partnero::client::{ApiKey, Body, Client};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let trace = MapRequestLayer::new(|mut request: Request<Body>| {
    ///     request.headers_mut().insert("x-trace", "7".parse().unwrap());
    ///     request
    /// });
    /// let client = Client::builder(ApiKey::new("key")?)
    ///     .base_url("http://127.0.0.1:8080/v1")
    ///     .layer(trace)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HttpService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<Body>>,
        L::Service: Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
    {
        self.layers
            .push(Arc::new(move |service| service.wrapped(&layer)));
        self
    }

    /// Checks every setting and makes the client.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work and says what to write instead;
    /// so for an `https` address in a build without TLS.
    pub fn build(self) -> Result<Client, ConfigError> {
        let base_url = BaseUrl::parse(&self.base_url)?;
        self.limits.check()?;
        let user_agent = HeaderValue::try_from(self.user_agent).map_err(|_| {
            ConfigError::new("user_agent", "it fits in no header: write one line of text")
        })?;
        let http = reqwest::Client::builder()
            .user_agent(user_agent)
            .connect_timeout(self.limits.connect_timeout)
            // What may be repeated is decided here.
            .retry(reqwest::retry::never())
            // A redirect would carry the key to wherever it points.
            .redirect(Policy::none());
        let http = if base_url.is_encrypted() {
            http
        } else {
            http.no_proxy()
        };
        let http = http.build().map_err(|error| {
            ConfigError::new("client", format!("no HTTP client can be made: {error}"))
        })?;
        let wire = stack::wire(http, self.limits.largest_answer, self.api_key.clone());
        let service = self.layers.iter().fold(wire, |service, wrap| wrap(service));
        Ok(Client::from_transport(Transport {
            stack: stack::stack(&self.limits, service)?,
            base_url,
            api_key: self.api_key,
            deadline: self.limits.deadline,
            #[cfg(feature = "outbox")]
            timeout: self.limits.timeout,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key)
            .field("base_url", &self.base_url)
            .field("limits", &self.limits)
            .field("layers", &self.layers.len())
            .finish_non_exhaustive()
    }
}
