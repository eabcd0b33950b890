//! Hands a report to Partnero at once.

use std::time::Duration;

use super::ladder;
use super::registration::Registered;
use crate::client::{CallSummary, Client, Error, ErrorKind, NewCustomer};

/// How sign-ups reach Partnero.
///
/// [`direct`](Self::direct) calls Partnero while the visitor waits, for a bounded time. The work
/// runs in a task of its own on the tokio runtime, so that a visitor who closes the page does not
/// cancel it.
///
/// A call that fails is not tried again by itself: the outcome says what happened, the cookie
/// stays, and the next try of the same visitor is credited.
#[derive(Clone, Debug)]
#[must_use]
pub struct Delivery {
    client: Client,
    deadline: Duration,
}

impl Delivery {
    /// Calls Partnero at once, for at most 10 seconds.
    pub fn direct(client: Client) -> Self {
        Self {
            client,
            deadline: Duration::from_secs(10),
        }
    }

    /// The longest that a visitor waits for Partnero. Default: 10 seconds, which leaves room for
    /// several calls: sign-ups took 1.4 to 2.2 seconds each where somebody measured.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(crate) async fn register(&self, new: NewCustomer) -> Result<Registered, Error> {
        let (client, deadline) = (self.client.clone(), self.deadline);
        let task = tokio::spawn(async move {
            let climbed = tokio::time::timeout(deadline, ladder::climb(&client, new)).await;
            let result = climbed
                .unwrap_or_else(|_| Err(unfinished(ErrorKind::Timeout).with_elapsed(deadline)));
            // Within the task, so that it is also told when nobody waits for the answer any more.
            #[cfg(feature = "tracing")]
            tell(&result);
            result
        });
        task.await
            .unwrap_or_else(|error| Err(unfinished(ErrorKind::Interrupted).with_source(error)))
    }
}

impl From<Client> for Delivery {
    fn from(client: Client) -> Self {
        Self::direct(client)
    }
}

fn unfinished(kind: ErrorKind) -> Error {
    Error::new(kind, &CallSummary::create_customer())
        .with_message("the sign-up was not reported to its end")
}

#[cfg(feature = "tracing")]
fn tell(result: &Result<Registered, Error>) {
    match result {
        Ok(registered) => tracing::info!(
            registration = registered.registration.as_str(),
            "sign-up reported"
        ),
        Err(error) => tracing::warn!(
            kind = ?error.kind(),
            status = error.status().map(|status| status.as_u16()),
            retryable = error.is_retryable(),
            "sign-up not reported"
        ),
    }
}
