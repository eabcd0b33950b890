//! The settings of a sandbox.

use std::io;

use super::handle::Sandbox;
use super::server;
use super::switches::{Switch, Switches};
use super::world::World;

/// Settings of a [`Sandbox`]; every one has a default.
#[derive(Clone, Debug)]
#[must_use = "a sandbox runs only after `start`"]
pub struct SandboxBuilder {
    port: u16,
    api_key: String,
    link_base: String,
    switches: Switches,
}

impl SandboxBuilder {
    pub(super) fn new() -> Self {
        Self {
            port: 0,
            api_key: "sandbox-api-key".to_owned(),
            link_base: "https://shop.example/".to_owned(),
            switches: Switches::default(),
        }
    }

    /// The port on 127.0.0.1. Default: 0, any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The only bearer token that is let in. Default: `sandbox-api-key`.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = api_key.into();
        self
    }

    /// The page that referral links lead to: a link is `<base>?ref=<key>`. Default:
    /// `https://shop.example/`.
    pub fn link_base(mut self, base: impl Into<String>) -> Self {
        self.link_base = base.into();
        self
    }

    /// Answers a question about Partnero that no source settles; [`switches`](super::switches)
    /// lists them all.
    pub fn switch(mut self, switch: impl Switch) -> Self {
        self.switches.set(switch);
        self
    }

    /// Starts the sandbox on the tokio runtime that this is awaited on.
    ///
    /// # Errors
    ///
    /// The port cannot be had, most often because another program listens on it
    /// ([`io::ErrorKind::AddrInUse`]).
    pub async fn start(self) -> io::Result<Sandbox> {
        let listener = server::listen(self.port).await?;
        let world = World::new(self.switches, self.link_base);
        Sandbox::run(listener, self.api_key, world)
    }
}
