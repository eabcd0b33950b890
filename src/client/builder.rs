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
use super::environment;
use super::handle::Client;
use super::limits::Limits;
use super::stack::{self, BoxError, HttpService};
use super::transport::Transport;
use crate::error::ConfigError;
use crate::referral::ProgramKind;

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
    program: ProgramKind,
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

    /// A client with the API key of the environment variable `PARTNERO_API_KEY` and the defaults of
    /// [`ClientBuilder`]; see [`ClientBuilder::from_env`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = tower_partnero::Client::from_env()?;
    /// client.program().test().await?; // asks Partnero whether the key is right
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::from_env`] and [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        ClientBuilder::from_env()?.build()
    }

    /// Starts a client from the defaults of [`ClientBuilder`].
    pub fn builder(api_key: ApiKey) -> ClientBuilder {
        ClientBuilder::new(api_key)
    }
}

impl ClientBuilder {
    /// Starts from two environment variables:
    ///
    /// - `PARTNERO_API_KEY` is the [`ApiKey`].
    /// - `PARTNERO_BASE_URL`, if it is set and not empty, is the [`base_url`](Self::base_url), for
    ///   example that of a [sandbox](crate::sandbox).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `PARTNERO_API_KEY` is not set, or cannot be a key. The error names the
    /// variable and never shows its value. The address is checked by [`build`](Self::build).
    pub fn from_env() -> Result<Self, ConfigError> {
        environment::builder(std::env::var)
    }

    pub(super) fn new(api_key: ApiKey) -> Self {
        Self {
            api_key,
            program: ProgramKind::default(),
            base_url: PARTNERO.to_owned(),
            user_agent: USER_AGENT.to_owned(),
            limits: Limits::default(),
            layers: Vec::new(),
        }
    }

    /// Says that the API key is of an affiliate program. Default: of a refer-a-friend program. The
    /// two have the same addresses, and other fields
    /// (<https://docs.partnero.com/api-reference/refer-a-friend/customers>).
    ///
    /// In an affiliate program a new customer has a [`partner`](super::NewCustomer::partner), and
    /// Partnero knows the app's own identifier of a customer as `key`. So this client sends the
    /// identifier as `key`, both with a new customer and with a sale ([`Buyer::id`](super::Buyer::id)).
    /// Customers of an affiliate program have no links, no balance, no referrals and no invitations;
    /// [`partners`](Client::partners) have links.
    ///
    /// [`Signups::check_program`](crate::Signups::check_program) asks Partnero whether it is so.
    pub fn affiliate(mut self) -> Self {
        self.program = ProgramKind::Affiliate;
        self
    }

    /// Where the API is. Default: `https://api.partnero.com/v1`.
    ///
    /// It has to be an `https` URL without a user, a query and a fragment. Plain `http` is accepted
    /// for loopback alone, because elsewhere it would show the API key to the network. `localhost` and
    /// names below it count as loopback if they resolve to loopback addresses alone, which
    /// [`build`](Self::build) asks for, blocking; calls then use these addresses. For the same
    /// reason plain `http` goes through no proxy of the environment (`HTTP_PROXY`). `https` does
    /// (`HTTPS_PROXY`): that proxy sees encrypted bytes alone.
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
    /// Keep it shorter than `timeout`. If connecting takes too long, nothing was sent, and any call
    /// may be repeated. If the whole attempt does, Partnero may have done what was asked.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// How long a call may take in all: the wait for a place among the calls
    /// [under way](Self::concurrency), every attempt, and the delays between them. Default: 30
    /// seconds. Zero is refused.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// How often a failed attempt may be followed by another one. Default: 2; at most 10, and 0
    /// for never.
    ///
    /// After a refused connection and a 429 nothing happened at Partnero, so every call is repeated.
    /// After a time-out, a cut connection, a 408 and a 5xx only calls are repeated that have the same
    /// effect when they are sent twice. A new transaction, a refund, a credit and an invitation
    /// are not: they end as [`Ambiguous`](super::ErrorKind::Ambiguous).
    pub fn retries(mut self, retries: u32) -> Self {
        self.limits.retries = retries;
        self
    }

    /// The delay before the first retry, doubled for each further one. Each delay is made up to
    /// twice as long by chance, so that clients that failed together do not come back together. A
    /// longer `Retry-After` of Partnero's counts instead; if it goes past the
    /// [`deadline`](Self::deadline), the call ends at once. Default: 100 milliseconds.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.limits.retry_delay = delay;
        self
    }

    /// The longest delay between two attempts, where Partnero asks for none. Default: 2 seconds.
    /// Zero is refused, and so is a delay shorter than [`retry_delay`](Self::retry_delay).
    pub fn longest_retry_delay(mut self, delay: Duration) -> Self {
        self.limits.longest_retry_delay = delay;
        self
    }

    /// How many retries all calls of this client together may make in a second. Every five calls
    /// that succeed allow one more. The budget keeps retries from adding to an outage. Default: 10;
    /// at most 1,000.
    pub fn retry_budget(mut self, per_second: u32) -> Self {
        self.limits.retry_budget = per_second;
        self
    }

    /// How many calls may be under way at once, and so how many connections are open. Further calls
    /// wait. Default: 32; 1 to 10,000.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.limits.concurrency = calls;
        self
    }

    /// The largest answer that is read, in bytes after unpacking. A larger one ends the call as
    /// [`Decode`](super::ErrorKind::Decode). Default: 1 MiB, far more than a page of 100 customers;
    /// 1 KiB to 1 GiB.
    ///
    /// Three other bounds follow from it. An answer has at most one value for every 16 bytes of this
    /// bound, by default 65,536, because a short value takes hundreds of bytes in memory. All pages
    /// of a list that is collected, as by [`Customers::referrals`](super::Customers::referrals), have
    /// together at most 4 times this size. An error keeps at most 500 characters of Partnero's
    /// message, and 20 field errors of 3 messages with 150 characters each.
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.limits.largest_answer = bytes;
        self
    }

    /// The `User-Agent` header. Default: this crate's name and version. A line end or another
    /// control character is refused.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Adds a tower layer of the app's own, outside of those that were added before.
    ///
    /// The layer sees each attempt as it goes over the wire, with the API key in a header that is
    /// marked as sensitive. The time-out, the limits and the retries of this client stand around the
    /// layer. A layer may also answer by itself, which makes a test without a network.
    ///
    /// If the layer fails with an error of its own, the call is
    /// [`Interrupted`](super::ErrorKind::Interrupted), because it may have been sent. An
    /// error that the layer passes on, or has as its [`source`](std::error::Error::source), keeps
    /// its kind.
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
            // Applied in `build`, because a builder may be cloned and built several times.
            .push(Arc::new(move |service| service.wrapped(&layer)));
        self
    }

    /// Checks every setting and makes the client.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work, and says what to write instead. An
    /// `https` address in a build without TLS is such a setting.
    pub fn build(self) -> Result<Client, ConfigError> {
        let base_url = BaseUrl::parse(&self.base_url)?;
        self.limits.check()?;
        let user_agent = HeaderValue::try_from(self.user_agent).map_err(|_| {
            ConfigError::new("user_agent", "it fits in no header: write one line of text")
        })?;
        let http = reqwest::Client::builder()
            .user_agent(user_agent)
            .connect_timeout(self.limits.connect_timeout)
            // Retries are decided by our own policy, which knows which calls may be repeated.
            .retry(reqwest::retry::never())
            // A redirect would carry the API key to another address.
            .redirect(Policy::none());
        // Plain http is for this machine alone, and a proxy from the environment is not on it.
        let http = if base_url.is_encrypted() {
            http
        } else {
            super::tls::without_roots(http.no_proxy())
        };
        let http = match base_url.pinned() {
            Some((name, addresses)) => http.resolve_to_addrs(name, addresses),
            None => http,
        };
        let http = http.build().map_err(|error| {
            // The error's own text is "builder error". What is missing, such as the system's root
            // certificates in a small container, stands in its causes.
            let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
                error.source()
            });
            let causes: Vec<_> = causes.map(ToString::to_string).collect();
            let advice = format!(
                "no HTTP client can be made: {}. If the machine has no root certificates, install the \
                 package `ca-certificates`",
                causes.join(": ")
            );
            ConfigError::new("client", advice)
        })?;
        let wire = stack::wire(http, self.limits.largest_answer, self.api_key.clone());
        let service = self.layers.iter().fold(wire, |service, wrap| wrap(service));
        Ok(Client::from_transport(Transport {
            stack: stack::stack(&self.limits, service)?,
            base_url,
            api_key: self.api_key,
            program: self.program,
            deadline: self.limits.deadline,
            most_values: self.limits.most_values(),
            largest_list: self.limits.largest_list(),
            #[cfg(feature = "outbox")]
            timeout: self.limits.timeout,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key)
            .field("program", &self.program)
            .field("base_url", &self.base_url)
            .field("limits", &self.limits)
            .field("layers", &self.layers.len())
            .finish_non_exhaustive()
    }
}
