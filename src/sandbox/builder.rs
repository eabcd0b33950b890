//! The settings of a sandbox.

use std::fmt;
use std::io;

use super::handle::Sandbox;
use super::reward::{FriendReward, RewardRule, RewardTrigger};
use super::server;
use super::state::State;
use super::switches::{Switch, Switches};
use super::webhooks::{Outbound, Sender, WebhookDelivery};
use super::world::{Settings, World};
use crate::error::ConfigError;
use crate::referral::ProgramKind;

/// The settings of a [`Sandbox`]. Each has a default.
#[derive(Clone)]
#[must_use = "a sandbox runs only after `start`"]
pub struct SandboxBuilder {
    port: u16,
    api_key: String,
    settings: Settings,
    switches: Switches,
    webhook_delivery: WebhookDelivery,
}

impl SandboxBuilder {
    pub(super) fn new() -> Self {
        Self {
            port: 0,
            api_key: "sandbox-api-key".to_owned(),
            settings: Settings {
                program: ProgramKind::default(),
                link_base: "https://shop.example/".to_owned(),
                currency: "USD".to_owned(),
                program_id: "SANDBOX1".to_owned(),
                reward: RewardRule::default(),
                friend_reward: None,
                origin: String::new(),
            },
            switches: Switches::default(),
            webhook_delivery: WebhookDelivery::default(),
        }
    }

    /// Makes the program an affiliate program, which has [partners](Sandbox::partners). Default: a
    /// refer-a-friend program.
    pub fn affiliate(mut self) -> Self {
        self.settings.program = ProgramKind::Affiliate;
        self
    }

    /// The port on 127.0.0.1. Default: 0, which means any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The only bearer token that the sandbox accepts. Default: `sandbox-api-key`.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = api_key.into();
        self
    }

    /// The page that referral links lead to: a link is `<base>?ref=<key>`, and in an affiliate program
    /// `<base>?aff=<key>`. Default:
    /// `https://shop.example/`.
    pub fn link_base(mut self, base: impl Into<String>) -> Self {
        self.settings.link_base = base.into();
        self
    }

    /// The program's currency, for transactions that name none. Default: `USD`.
    pub fn currency(mut self, code: impl Into<String>) -> Self {
        self.settings.currency = code.into();
        self
    }

    /// The program's public id, which `GET /test` answers with. Default: `SANDBOX1`.
    pub fn program_id(mut self, id: impl Into<String>) -> Self {
        self.settings.program_id = id.into();
        self
    }

    /// What a sale pays the referrer or the partner. Default: 10 percent.
    pub fn reward(mut self, rule: RewardRule) -> Self {
        self.settings.reward = rule;
        self
    }

    /// What a referred customer, the friend, gets as well, and when. Default: nothing. At Partnero a
    /// reward has two sides, each with a trigger of its own
    /// (<https://help.partnero.com/article/206>). That the friend's side changes the friend's balance and
    /// is told by `customer.rewarded` is assumed.
    pub fn friend_reward(mut self, trigger: RewardTrigger, rule: RewardRule) -> Self {
        self.settings.friend_reward = Some(FriendReward { trigger, rule });
        self
    }

    /// Chooses the answer to one question that public sources leave open.
    /// [`switches`](super::switches) lists the questions.
    pub fn switch(mut self, switch: impl Switch) -> Self {
        self.switches.set(switch);
        self
    }

    /// As [`switch`](Self::switch), by the names of the switch and of its position: for a command
    /// line, or for a test in another language.
    ///
    /// `("UnknownReferrer", "NotFound")` may also be written `("unknown-referrer", "not-found")`.
    /// [`switches::list`](super::switches::list) has all names.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no such switch or no such position. The error lists the names.
    pub fn switch_by_name(mut self, switch: &str, position: &str) -> Result<Self, ConfigError> {
        self.switches.set_by_name(switch, position)?;
        Ok(self)
    }

    /// How webhooks are sent: how often they are tried, and whether they come twice or out of
    /// order.
    pub fn webhook_delivery(mut self, delivery: WebhookDelivery) -> Self {
        self.webhook_delivery = delivery;
        self
    }

    /// Starts the sandbox on the tokio runtime that awaits this future.
    ///
    /// # Errors
    ///
    /// The system refuses the port, most often because another program listens on it
    /// ([`io::ErrorKind::AddrInUse`]).
    pub async fn start(self) -> io::Result<Sandbox> {
        // First, because links and the addresses of pages name the port, which the system chooses.
        let listener = server::listen(self.port).await?;
        let port = listener.local_addr()?.port();
        let settings = Settings {
            origin: format!("http://127.0.0.1:{port}"),
            ..self.settings
        };
        let world = World::new(self.switches, settings);
        let (outbound, queue) = Outbound::new(self.webhook_delivery);
        let state = State::new(self.api_key, world, outbound);
        let sender = Sender::run(queue);
        Ok(Sandbox::run(listener, port, state, sender))
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("port", &self.port)
            .field("settings", &self.settings)
            .field("switches", &self.switches)
            .field("webhook_delivery", &self.webhook_delivery)
            .finish_non_exhaustive()
    }
}
