//! The settings, checked when the handle is built.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answer::first_name;
use super::handle::Inviters;
use crate::client::{Client, Customer};
use crate::error::ConfigError;

pub(super) type NameRule = dyn Fn(&Customer) -> Option<String> + Send + Sync;

/// A longer wait would keep a page from its visitor.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_MEMORY: Duration = Duration::from_secs(24 * 3_600);

/// Settings of [`Inviters`]. All are checked by [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct InvitersBuilder {
    client: Client,
    pub(super) wait: Duration,
    pub(super) known_for: Duration,
    pub(super) unknown_for: Duration,
    pub(super) capacity: usize,
    pub(super) calls_per_second: u32,
    pub(super) name: Arc<NameRule>,
}

impl InvitersBuilder {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            // Shorter than a person notices as a delay of a page.
            wait: Duration::from_millis(300),
            known_for: Duration::from_secs(600),
            unknown_for: Duration::from_secs(30),
            capacity: 10_000,
            calls_per_second: 10,
            name: Arc::new(|customer| first_name(customer.name.as_deref())),
        }
    }

    /// How long a page waits for an answer. Default: 300 milliseconds; 5 seconds at most, zero for
    /// not at all. The call goes on after that, so that the next page knows the answer.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// For how long a customer is remembered. Default: 10 minutes; a day at most. If Partnero does not
    /// answer then, the customer is shown for as long again.
    pub fn known_for(mut self, time: Duration) -> Self {
        self.known_for = time;
        self
    }

    /// For how long it is remembered that nobody has a key. Default: 30 seconds; a day at most. Keep it
    /// short: the sign-up of a new customer may be on its way when the first friend comes.
    pub fn unknown_for(mut self, time: Duration) -> Self {
        self.unknown_for = time;
        self
    }

    /// How many keys are remembered. Default: 10,000, which take about 3 MB; 1 to 1,000,000.
    pub fn capacity(mut self, keys: usize) -> Self {
        self.capacity = keys;
        self
    }

    /// How many calls all visitors together may cause in a second. Default: 10; 1 to 1,000. If there
    /// are more, an answer that is not remembered is [`Pending`](super::Inviter::Pending).
    pub fn calls_per_second(mut self, calls: u32) -> Self {
        self.calls_per_second = calls;
        self
    }

    /// What is shown of a customer. Default: the first word of the name, if it looks like a name.
    ///
    /// Everybody who has the link reads it, and everybody who guesses the key. For the partners of an
    /// affiliate program the default holds always.
    pub fn name(
        mut self,
        rule: impl Fn(&Customer) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.name = Arc::new(rule);
        self
    }

    /// Checks every setting and makes the handle.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that is out of its bounds.
    pub fn build(self) -> Result<Inviters, ConfigError> {
        let refuse = |setting, advice| Err(ConfigError::new(setting, advice));
        if self.wait > LONGEST_WAIT {
            return refuse("wait", "a page waits 5 seconds at most");
        }
        if self.known_for > LONGEST_MEMORY {
            return refuse("known_for", "write a day at most");
        }
        if self.unknown_for > LONGEST_MEMORY {
            return refuse("unknown_for", "write a day at most");
        }
        if !(1..=1_000_000).contains(&self.capacity) {
            return refuse("capacity", "write 1 to 1,000,000 keys");
        }
        if !(1..=1_000).contains(&self.calls_per_second) {
            return refuse("calls_per_second", "write 1 to 1,000 calls");
        }
        Ok(Inviters::build(self.client.clone(), self))
    }
}

impl fmt::Debug for InvitersBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvitersBuilder")
            .field("client", &self.client)
            .field("wait", &self.wait)
            .field("known_for", &self.known_for)
            .field("unknown_for", &self.unknown_for)
            .field("capacity", &self.capacity)
            .field("calls_per_second", &self.calls_per_second)
            .finish_non_exhaustive()
    }
}
