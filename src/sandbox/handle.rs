//! The handle of a running sandbox.

use std::fmt;
use std::io;
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Mutex;

use super::browser::SCRIPT_PATH;
use super::builder::SandboxBuilder;
use super::fault::Fault;
use super::money::{Amount, exact};
use super::routes::payments::Payment;
use super::routes::{self, Registration};
use super::server::{self, Server};
use super::snapshot::{SandboxCustomer, SandboxPartner, SandboxRequest, SandboxTransaction};
use super::state::State;
use super::switches::Switch;
use super::webhooks::{SandboxWebhook, Sender, WebhookDelivery};
use super::world::Refused;
use crate::error::ConfigError;
use crate::snippet::Snippet;

/// A local Partnero on a loopback port.
///
/// A clone is a handle of the same sandbox. The sandbox stops when the last clone is dropped, or
/// when the tokio runtime ends that started it. The [module](crate::sandbox) says what it answers.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    port: u16,
    state: Arc<State>,
    router: Router,
    phase: Mutex<Phase>,
    /// Sends webhooks also while the sandbox is down.
    _sender: Sender,
}

enum Phase {
    Up(Server),
    /// The port that is kept for `come_back`; `None` if the system refused that.
    Down(Option<TcpSocket>),
}

impl Sandbox {
    /// Starts a sandbox with all defaults, on a free port.
    ///
    /// # Errors
    ///
    /// As [`SandboxBuilder::start`].
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Starts a sandbox of an affiliate program, with all other defaults.
    ///
    /// # Errors
    ///
    /// As [`SandboxBuilder::start`].
    pub async fn affiliate() -> io::Result<Self> {
        Self::builder().affiliate().start().await
    }

    /// The settings, all at their defaults.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    pub(super) fn run(listener: TcpListener, port: u16, state: State, sender: Sender) -> Self {
        let state = Arc::new(state);
        let router = routes::router(Arc::clone(&state));
        let server = Server::run(listener, Arc::clone(&state), router.clone());
        Self {
            inner: Arc::new(Inner {
                port,
                state,
                router,
                phase: Mutex::new(Phase::Up(server)),
                _sender: sender,
            }),
        }
    }

    /// The base URL for a client, in place of `https://api.partnero.com/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port())
    }

    /// The page that shows, in a browser, what the sandbox holds and which requests came.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port())
    }

    /// The port, which stays the same while the sandbox is down.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.inner.port
    }

    /// The bearer token that the sandbox accepts.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.inner.state.api_key
    }

    /// All customers, the oldest first.
    #[must_use]
    pub fn customers(&self) -> Vec<SandboxCustomer> {
        let world = self.inner.state.world();
        let customers = world.customers.iter();
        customers
            .map(|customer| SandboxCustomer::new(&world, customer))
            .collect()
    }

    /// All partners of an affiliate program, the oldest first.
    #[must_use]
    pub fn partners(&self) -> Vec<SandboxPartner> {
        let world = self.inner.state.world();
        let partners = world.partners.iter();
        partners
            .map(|partner| SandboxPartner::new(&world, partner))
            .collect()
    }

    /// All transactions, the oldest first.
    #[must_use]
    pub fn transactions(&self) -> Vec<SandboxTransaction> {
        let world = self.inner.state.world();
        let transactions = world.transactions.iter();
        transactions
            .map(|(_, transaction)| SandboxTransaction::new(&world, transaction))
            .collect()
    }

    /// The newest 100,000 requests to the API, the oldest of them first.
    #[must_use]
    pub fn requests(&self) -> Vec<SandboxRequest> {
        self.inner.state.log().to_vec()
    }

    /// The newest 100,000 attempts to send a webhook, in the order in which the attempts ended.
    #[must_use]
    pub fn webhooks(&self) -> Vec<SandboxWebhook> {
        self.inner.state.outbound.sent()
    }

    /// Returns when no webhook is waiting to be sent: each was answered with a 2xx, or given up.
    pub async fn webhooks_settled(&self) {
        self.inner.state.outbound.settled().await;
    }

    /// Changes how webhooks are sent, from the next webhook on.
    pub fn deliver_webhooks(&self, delivery: WebhookDelivery) {
        self.inner.state.outbound.set(delivery);
    }

    /// The tag that loads the sandbox's stand-in for Partnero's browser script; see
    /// [what it does](crate::sandbox#in-the-browser).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if [`Snippet::new`] refuses the sandbox's
    /// [`program_id`](SandboxBuilder::program_id).
    pub fn snippet(&self) -> Result<Snippet, ConfigError> {
        let settings = self.inner.state.world().settings.clone();
        Snippet::new(settings.program_id)?
            .script_url(settings.origin.clone() + SCRIPT_PATH)?
            .assets_host(settings.origin)
    }

    /// The newest 100,000 calls that pages made to the browser script, in the order in which they
    /// arrived. Each call is the array of its arguments.
    #[must_use]
    pub fn script_calls(&self) -> Vec<Value> {
        self.inner.state.script_calls().to_vec()
    }

    /// Adds a fault behind the faults that were injected before.
    pub fn inject(&self, fault: Fault) {
        self.inner.state.rules().add(fault);
    }

    /// Removes all faults, and accepts again the referrers, fields and values that were refused.
    pub fn clear_faults(&self) {
        self.inner.state.rules().clear();
        self.inner.state.world().refused = Refused::default();
    }

    /// From now on, a `referring_customer` or a `partner` with this id, key or e-mail address counts as
    /// unknown, even if there is such a customer or partner.
    pub fn refuse_referrer(&self, key: impl Into<String>) {
        let mut world = self.inner.state.world();
        world.refused.referrers.insert(key.into());
    }

    /// From now on, creating or changing a customer with this field is a 422 that names the field.
    /// The value does not matter.
    ///
    /// Fields are `id`, `key`, `email`, `name`, `surname`, `tags`, `metadata.date_of_birth`,
    /// `referring_customer` and `partner`. Without the field, the same customer is accepted.
    pub fn refuse_field(&self, field: impl Into<String>) {
        let mut world = self.inner.state.world();
        world.refused.fields.insert(field.into());
    }

    /// From now on, creating or changing a customer with this text in a field is a 422 that names
    /// the field: an e-mail address, for example, that Partnero does not take.
    pub fn refuse_value(&self, value: impl Into<String>) {
        let mut world = self.inner.state.world();
        world.refused.values.insert(value.into());
    }

    /// Makes a customer as if this person had registered in Partnero's own portal: with an id and a
    /// key that Partnero chose. Does nothing if a customer has this e-mail address already.
    ///
    /// People can register there unless the program forbids it (help.partnero.com/article/258).
    /// [`DuplicateCustomer`](super::switches::DuplicateCustomer) decides what a later
    /// `POST /customers` with this address answers.
    pub fn register_in_portal(&self, email: impl Into<String>) {
        let mut world = self.inner.state.world();
        Registration::in_portal(&mut world, email.into());
        self.inner.state.send_notices(&mut world);
    }

    /// Makes a partner with this key as if the partner had registered in Partnero's own portal: with
    /// an id that Partnero chose. Does nothing if a partner has this key already. In a refer-a-friend
    /// program nobody meets the partner.
    pub fn register_partner(&self, key: impl Into<String>) {
        let mut world = self.inner.state.world();
        routes::partners::in_portal(&mut world, key.into());
        self.inner.state.send_notices(&mut world);
    }

    /// Plays a payment that Partnero's own integration with Stripe, Paddle or Chargebee sees, with the
    /// pairs in the payment's metadata, such as those of
    /// [`PaymentMetadata`](crate::payments::PaymentMetadata). The amount is in major units: `"19.90"`.
    ///
    /// The answer is the transaction that the sandbox has recorded, or `None` if it ignores the payment,
    /// because it finds nobody to whom the payment belongs. [`PaymentCustomer`] says how the customer is
    /// found, [`UnreferredSale`] and [`UnknownBuyer`] what becomes of a payment of somebody whom nobody
    /// has referred, and whom Partnero does not know. That the payment is a sale as the API records it
    /// is assumed. A program in another language posts
    /// `{"key": "pi_1", "amount": 19.9, "currency": "EUR", "metadata": {"customer_key": "ben-8"}}`
    /// to `/v1/sandbox/payments`, which is no path of Partnero's.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_partnero::Sandbox;
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let metadata = [("customer_key", "ben-8")];
    /// let recorded = sandbox.observe_payment("pi_1", "19.90", "EUR", metadata)?;
    /// assert!(recorded.is_none(), "nobody has this key");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the amount is not a number, is negative, or is 10^18 or larger.
    ///
    /// [`PaymentCustomer`]: super::switches::PaymentCustomer
    /// [`UnreferredSale`]: super::switches::UnreferredSale
    /// [`UnknownBuyer`]: super::switches::UnknownBuyer
    pub fn observe_payment<'n, 'm>(
        &self,
        key: &str,
        amount: &str,
        currency: &str,
        metadata: impl IntoIterator<Item = (&'n str, &'m str)>,
    ) -> Result<Option<SandboxTransaction>, ConfigError> {
        let value = exact(amount).filter(|value| !value.is_sign_negative());
        let value = value.ok_or_else(|| {
            ConfigError::new(
                "amount",
                "write an amount in major units, as in `\"19.90\"`",
            )
        })?;
        let mut payment = Payment {
            key: key.to_owned(),
            amount: Amount::new(value, currency, true),
            customer_key: None,
            partner_key: None,
        };
        for (name, value) in metadata {
            match name {
                "customer_key" => payment.customer_key = Some(value.to_owned()),
                "partner_key" => payment.partner_key = Some(value.to_owned()),
                _ => {}
            }
        }
        let mut world = self.inner.state.world();
        let number = routes::payments::observe(&mut world, payment);
        let recorded = number.and_then(|number| world.transactions.get(number));
        let recorded = recorded.map(|recorded| SandboxTransaction::new(&world, recorded));
        self.inner.state.send_notices(&mut world);
        Ok(recorded)
    }

    /// Changes the answer to one of the open [questions](super::switches), from the next request
    /// on.
    pub fn switch(&self, switch: impl Switch) {
        self.inner.state.world().switches.set(switch);
    }

    /// Closes the port, cuts all connections and drops the requests under way. Customers, sales and
    /// all else are kept. Does nothing if the sandbox is down already.
    ///
    /// Until [`come_back`](Self::come_back), connections are refused. Meanwhile the system gives
    /// the port only to a program that asks for this very number.
    pub async fn go_down(&self) {
        let mut phase = self.inner.phase.lock().await;
        if let Phase::Up(server) = &*phase {
            server.stop().await;
            *phase = Phase::Down(server::hold(self.inner.port).ok());
        }
    }

    /// Listens again on the same port. Does nothing if the sandbox is up already.
    ///
    /// # Errors
    ///
    /// The system refuses the port: another program took it while the sandbox was down.
    pub async fn come_back(&self) -> io::Result<()> {
        let mut phase = self.inner.phase.lock().await;
        let Phase::Down(held) = &mut *phase else {
            return Ok(());
        };
        // The port was kept, so that no other program has got it meanwhile.
        let socket = match held.take() {
            Some(socket) => socket,
            None => server::hold(self.inner.port)?,
        };
        let listener = socket.listen(1_024)?;
        let state = Arc::clone(&self.inner.state);
        *phase = Phase::Up(Server::run(listener, state, self.inner.router.clone()));
        Ok(())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
