//! The client itself: one handle, cloned freely, which every room of the API sends through.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::base_url::BaseUrl;
use super::call::Call;
use super::error::Error;
use super::gate::Gate;
use super::kind::ErrorKind;
use super::transport::Transport;

/// A client of one Partnero program. See the [module docs](super) for an example.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    /// Set for deliveries: after a 429 all of them pause together, and none repeats it by itself.
    gate: Option<Arc<dyn Gate>>,
}

impl Client {
    /// The same client for deliveries: every attempt asks this gate first, and a 429 ends the call
    /// and shuts the gate.
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

    pub(super) fn from_transport(transport: Transport) -> Self {
        Self {
            transport: Arc::new(transport),
            gate: None,
        }
    }

    pub(super) async fn send(&self, call: Call) -> Result<Map<String, Value>, Error> {
        self.transport.send(call, self.gate.as_ref()).await
    }

    /// Sends a call that reads one object. A success with empty `data` means "not found", as
    /// Partnero's own plugin reads it.
    pub(super) async fn fetch<T>(
        &self,
        call: Call,
        read: fn(Value) -> Option<T>,
    ) -> Result<T, Error> {
        self.one(call, read, ErrorKind::NotFound).await
    }

    /// Sends a call that changes one object and gets the object back.
    pub(super) async fn change<T>(
        &self,
        call: Call,
        read: fn(Value) -> Option<T>,
    ) -> Result<T, Error> {
        self.one(call, read, ErrorKind::Decode).await
    }

    async fn one<T>(
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

    pub(super) fn base_url(&self) -> &BaseUrl {
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
