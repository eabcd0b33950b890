//! The way of a sign-up: to Partnero at once, or into the outbox.

use std::time::Duration;

use super::ladder;
#[cfg(feature = "outbox")]
use super::outbox::Outbox;
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
///
/// Made from an `Outbox` (feature `outbox`), it writes one row and calls nobody.
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
    /// Calls Partnero at once, for at most 10 seconds.
    pub fn direct(client: Client) -> Self {
        Self::by(Way::Direct(client))
    }

    fn by(way: Way) -> Self {
        Self {
            way,
            deadline: Duration::from_secs(10),
        }
    }

    /// The longest that a visitor waits, for Partnero or for the outbox's database. Default: 10
    /// seconds, which leaves room for several calls: sign-ups took 1.4 to 2.2 seconds each where
    /// somebody measured.
    ///
    /// The report goes on in its task when the wait is over, for as long as the client's own
    /// limits let each call. Should it arrive after all, the next try finds the customer.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    pub(crate) async fn register(&self, new: NewCustomer) -> Result<Registered, Error> {
        let way = self.way.clone();
        let report = async move {
            let result = way.hand_over(new).await;
            // Within the task, so that it is also told when nobody waits for the answer any more.
            #[cfg(feature = "tracing")]
            tell(&result);
            result
        };
        #[cfg(feature = "tracing")]
        let report = tracing::Instrument::in_current_span(report);
        match tokio::time::timeout(self.deadline, tokio::spawn(report)).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(unfinished(ErrorKind::Interrupted).with_source(error)),
            Err(_) => Err(unfinished(ErrorKind::Timeout).with_elapsed(self.deadline)),
        }
    }
}

impl Way {
    async fn hand_over(self, new: NewCustomer) -> Result<Registered, Error> {
        match self {
            Self::Direct(client) => ladder::climb(&client, new, false)
                .await
                .map_err(ladder::Fall::into_error),
            #[cfg(feature = "outbox")]
            Self::Outbox(outbox) => match outbox.enqueue(new).await {
                Ok(_) => Ok(Registered::enqueued()),
                Err(error) => Err(
                    Error::new(ErrorKind::Outbox, &CallSummary::create_customer())
                        .with_source(error),
                ),
            },
        }
    }
}

#[cfg(feature = "outbox")]
impl Delivery {
    /// Where rows are written within the app's own transaction.
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
        Self::direct(client)
    }
}

fn unfinished(kind: ErrorKind) -> Error {
    Error::new(kind, &CallSummary::create_customer())
        .with_message("nobody waited for the end of this sign-up's report")
}

#[cfg(feature = "tracing")]
pub(crate) fn tell(result: &Result<Registered, Error>) {
    match result {
        Ok(registered) => tracing::info!(
            registration = registered.registration.as_str(),
            "sign-up reported"
        ),
        Err(error) => tracing::warn!(
            kind = ?error.kind(),
            status = error.status().map(|status| status.as_u16()),
            retryable = error.is_retryable(),
            // The crate's own words alone; Partnero's may name the customer.
            reason = match error.kind() {
                ErrorKind::InvalidInput => error.message(),
                _ => None,
            },
            "sign-up not reported"
        ),
    }
}
