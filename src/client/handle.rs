//! The client itself: one handle, cloned freely, which every room of the API sends through.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use super::answer::Success;
use super::base_url::BaseUrl;
use super::call::Call;
use super::error::Error;
use super::gate::Gate;
use super::kind::ErrorKind;
use super::transport::Transport;
use crate::referral::ProgramKind;

/// A client of one Partnero program. See the [module docs](super) for an example.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    /// Set for deliveries: after a 429 all of them pause together, and none repeats it by itself.
    gate: Option<Arc<dyn Gate>>,
    /// Set for calls that have one deadline together.
    latest: Option<Instant>,
}

impl Client {
    /// The same client for deliveries: every attempt asks this gate first, and a 429 ends the call
    /// and shuts the gate.
    #[cfg(feature = "outbox")]
    pub(crate) fn behind(&self, gate: Arc<dyn Gate>) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            gate: Some(gate),
            latest: self.latest,
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

    /// The same client, whose calls have one deadline together, counted from now.
    pub(crate) fn within_one_deadline(&self) -> Self {
        let own = self.transport.expires();
        Self {
            latest: Some(self.latest.map_or(own, |latest| latest.min(own))),
            ..self.clone()
        }
    }

    /// The most bytes of all pages of a list that is collected.
    pub(super) fn largest_list(&self) -> usize {
        self.transport.largest_list
    }

    pub(super) fn from_transport(transport: Transport) -> Self {
        Self {
            transport: Arc::new(transport),
            gate: None,
            latest: None,
        }
    }

    pub(super) async fn send(&self, call: Call) -> Result<Success, Error> {
        self.transport
            .send(call, self.gate.as_ref(), self.latest)
            .await
    }

    /// Sends a call that reads one object.
    pub(super) async fn fetch<T>(
        &self,
        call: Call,
        read: fn(Value) -> Option<T>,
    ) -> Result<T, Error> {
        self.fetch_if(call, read, |_| true).await
    }

    /// Sends a call that reads one object, and refuses an answer that is about another one.
    ///
    /// A success whose `data` is empty means "not found", as Partnero's own plugin reads it. An
    /// answer that has neither `data` nor `status` says nothing.
    pub(super) async fn fetch_if<T>(
        &self,
        call: Call,
        read: fn(Value) -> Option<T>,
        is_it: impl FnOnce(&T) -> bool,
    ) -> Result<T, Error> {
        let mut success = self.send(call).await?;
        // An answer that says neither may be the page of a proxy, and then nothing is known about
        // the customer.
        let is_told = success.says_success() || success.fields.contains_key("data");
        let found = match success.take_data() {
            Some(data) => read(data).ok_or_else(|| odd(&success))?,
            None if is_told => {
                return Err(success.error(ErrorKind::NotFound, "the answer is empty"));
            }
            None => return Err(odd(&success)),
        };
        if is_it(&found) {
            Ok(found)
        } else {
            // Partnero looks a path up by several names, so it may find somebody else.
            Err(success.error(ErrorKind::Decode, "the answer is about something else"))
        }
    }

    /// Sends a call that changes one object and gets the object back.
    pub(super) async fn change<T>(
        &self,
        call: Call,
        read: fn(Value) -> Option<T>,
    ) -> Result<T, Error> {
        let mut success = self.send(call).await?;
        let data = success.take_data();
        data.and_then(read).ok_or_else(|| odd(&success))
    }

    /// The kind of program that this client is for.
    #[must_use]
    pub fn program_kind(&self) -> ProgramKind {
        self.transport.program
    }

    pub(super) fn base_url(&self) -> &BaseUrl {
        &self.transport.base_url
    }
}

fn odd(success: &Success) -> Error {
    success.error(ErrorKind::Decode, "the answer has no object in `data`")
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url().to_string())
            .field("api_key", &self.transport.api_key)
            .finish_non_exhaustive()
    }
}
