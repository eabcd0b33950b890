//! How a sign-up is handed over: to Partnero at once, or to the outbox.

#[cfg(feature = "tracing")]
use std::error::Error as _;
use std::time::Duration;

use tokio::task::JoinError;

use super::ladder::{RegisterError, register};
#[cfg(feature = "outbox")]
use super::outbox::{Outbox, OutboxError};
use super::registration::Reported;
use crate::client::{Client, Customer, Error, NewCustomer};

/// How sign-ups reach Partnero.
///
/// A `Delivery` made from a [`Client`] calls Partnero while the visitor waits, for at most the
/// [deadline](Self::deadline). The calls are made in a task of their own on the tokio runtime, so
/// that a visitor who closes the page does not cancel them. If they fail, they are not repeated: the
/// outcome says what happened, the cookie stays in the browser, and the visitor's next try is
/// credited.
///
/// A `Delivery` made from an `Outbox` (feature `outbox`) writes one row and does not call Partnero.
#[derive(Clone, Debug)]
#[must_use]
pub struct Delivery {
    way: Way,
    deadline: Duration,
}

#[derive(Clone, Debug)]
enum Way {
    Direct(Client),
    #[cfg(feature = "outbox")]
    Outbox(Outbox),
}

impl Delivery {
    fn by(way: Way) -> Self {
        Self {
            way,
            deadline: Duration::from_secs(10),
        }
    }

    /// The longest that a visitor waits for Partnero or for the outbox's database. Default: 10
    /// seconds. A sign-up may take several calls; where it was measured, one call took 1.4 to 2.2
    /// seconds.
    ///
    /// After the deadline the report goes on in its task, within the client's own limits. If it
    /// arrives, the visitor's next try finds the customer.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(crate) async fn register(&self, new: NewCustomer) -> Result<Reported, HandoverError> {
        let way = self.way.clone();
        let report = async move {
            let result = way.hand_over(new).await;
            // In the task: the event is also logged if the visitor no longer waits.
            #[cfg(feature = "tracing")]
            tell(&result);
            result
        };
        #[cfg(feature = "tracing")]
        let report = tracing::Instrument::in_current_span(report);
        // In a task of its own: a server drops the handler when the visitor closes the page, and a
        // call that is cut off half-way leaves open whether the customer exists.
        match tokio::time::timeout(self.deadline, tokio::spawn(report)).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(HandoverError::Interrupted(error)),
            Err(_) => Err(HandoverError::Timeout(self.deadline)),
        }
    }
}

impl Way {
    async fn hand_over(self, new: NewCustomer) -> Result<Reported, HandoverError> {
        match self {
            Self::Direct(client) => register(&client, new, false)
                .await
                .map_err(HandoverError::from),
            #[cfg(feature = "outbox")]
            Self::Outbox(outbox) => match outbox.enqueue(new).await {
                Ok(enqueued) => Ok(Reported::enqueued(enqueued)),
                Err(error) => Err(HandoverError::Outbox(error)),
            },
        }
    }
}

impl Delivery {
    /// The client, if Partnero is called at once.
    #[cfg_attr(
        not(feature = "outbox"),
        expect(
            clippy::unnecessary_wraps,
            reason = "with an outbox there is no client"
        )
    )]
    pub(crate) fn client(&self) -> Option<&Client> {
        match &self.way {
            Way::Direct(client) => Some(client),
            #[cfg(feature = "outbox")]
            Way::Outbox(_) => None,
        }
    }
}

#[cfg(feature = "outbox")]
impl Delivery {
    /// The outbox, if this is the way.
    pub(crate) fn outbox(&self) -> Option<&Outbox> {
        match &self.way {
            Way::Direct(_) => None,
            Way::Outbox(outbox) => Some(outbox),
        }
    }
}

#[cfg(feature = "outbox")]
impl From<Outbox> for Delivery {
    fn from(outbox: Outbox) -> Self {
        Self::by(Way::Outbox(outbox))
    }
}

impl From<Client> for Delivery {
    fn from(client: Client) -> Self {
        Self::by(Way::Direct(client))
    }
}

/// Why a report was not handed over.
#[derive(Debug)]
pub(crate) enum HandoverError {
    /// The deadline passed. The report goes on in its task.
    Timeout(Duration),
    /// The report's task ended without an answer.
    Interrupted(JoinError),
    Partnero(Error),
    IdentifierTaken(Box<Customer>),
    EmailKnown(Box<Customer>),
    #[cfg(feature = "outbox")]
    Outbox(OutboxError),
}

impl From<RegisterError> for HandoverError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Failed(error) | RegisterError::UnknownReferrer(error) => {
                Self::Partnero(error)
            }
            RegisterError::IdentifierTaken(customer) => Self::IdentifierTaken(customer),
            RegisterError::EmailKnown(customer) => Self::EmailKnown(customer),
        }
    }
}

#[cfg(feature = "tracing")]
fn tell(result: &Result<Reported, HandoverError>) {
    match result {
        Ok(reported) => tracing::info!(
            registration = reported.registration.as_str(),
            left_out = (!reported.left_out.is_empty()).then(|| reported.left_out.to_string()),
            "sign-up reported"
        ),
        Err(HandoverError::Partnero(error)) => tracing::warn!(
            kind = ?error.kind(),
            address = error.address(),
            status = error.status().map(|status| status.as_u16()),
            retryable = error.is_retryable(),
            // An answer of Partnero may name the customer. Without an answer there are the words
            // of this crate and of the network alone.
            reason = error.status().is_none().then(|| error.to_string()),
            source = error.status().is_none().then(|| error.source()).flatten(),
            "sign-up not reported"
        ),
        Err(HandoverError::IdentifierTaken(_)) => {
            tracing::warn!(reason = "identifier_taken", "sign-up not reported");
        }
        Err(HandoverError::EmailKnown(_)) => {
            tracing::warn!(reason = "email_known", "sign-up not reported");
        }
        #[cfg(feature = "outbox")]
        Err(HandoverError::Outbox(error)) => tracing::warn!(
            kind = ?error.kind(),
            retryable = error.is_retryable(),
            source = error.source(),
            "sign-up not written to the outbox"
        ),
        // These two happen to whoever waits for the task; here is the task itself.
        Err(HandoverError::Timeout(_) | HandoverError::Interrupted(_)) => {}
    }
}
