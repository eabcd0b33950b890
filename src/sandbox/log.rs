//! What was asked of the sandbox, and what it answered.

use std::collections::VecDeque;
use std::time::SystemTime;

use http::{Method, StatusCode};
use serde_json::Value;

/// One request to the API, from [`Sandbox::requests`](crate::Sandbox::requests).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SandboxRequest {
    /// The method.
    pub method: Method,
    /// Path and query, as they were sent.
    pub path: String,
    /// The status of the answer; `None` while there is none, and for ever if the connection was
    /// cut.
    pub status: Option<StatusCode>,
    /// The body; `Null` if it was empty or no JSON. Fractions are binary floats here;
    /// [`Sandbox::transactions`](crate::Sandbox::transactions) has the exact amounts.
    pub body: Value,
    /// When the whole request had arrived.
    pub received_at: SystemTime,
}

/// The newest requests.
#[derive(Debug, Default)]
pub(super) struct Log {
    requests: VecDeque<SandboxRequest>,
    dropped: usize,
}

impl Log {
    pub(super) const CAPACITY: usize = 100_000;

    /// Returns the number under which [`answered`](Self::answered) finds the request again.
    pub(super) fn push(&mut self, request: SandboxRequest) -> usize {
        if self.requests.len() == Self::CAPACITY {
            self.requests.pop_front();
            self.dropped += 1;
        }
        self.requests.push_back(request);
        self.dropped + self.requests.len() - 1
    }

    pub(super) fn answered(&mut self, number: usize, status: StatusCode) {
        let index = number.checked_sub(self.dropped);
        if let Some(request) = index.and_then(|index| self.requests.get_mut(index)) {
            request.status = Some(status);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    /// So many of the requests, the newest first.
    pub(super) fn newest(&self, count: usize) -> Vec<SandboxRequest> {
        self.requests.iter().rev().take(count).cloned().collect()
    }

    pub(super) fn to_vec(&self) -> Vec<SandboxRequest> {
        self.requests.iter().cloned().collect()
    }
}
