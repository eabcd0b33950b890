//! One attempt to deliver one report, as a `tower` service.

mod attempt;
mod credit;
mod customer;
mod error;
mod receipt;
mod refund;
mod sale;

use std::pin::Pin;
use std::task::{Context, Poll};

use tower_service::Service;

pub use self::attempt::Attempt;
pub(crate) use self::error::Sign;
pub use self::error::{DeadReason, DeliveryError};
pub use self::receipt::Receipt;
use super::report::Report;
use crate::client::{Client, ErrorKind};

/// Delivers one report, once, and says what to do if it did not arrive.
///
/// The worker of an [`Outbox`](super::Outbox) calls it, and so can any job system: its error says
/// whether to [try again](DeliveryError::is_dead) and [not before when](DeliveryError::retry_after).
/// What the job system has to do itself: deliver a customer before its transactions, and mark an
/// attempt that follows an unclear one with [`Attempt::again`].
///
/// ```
/// use tower::{Service, ServiceExt};
/// use tower_partnero::{NewCustomer, Sandbox};
/// use tower_partnero::delivery::{Attempt, Deliverer};
/// # use tower_partnero::{ApiKey, Client};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = Sandbox::start().await?;
/// # let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url()).build()?;
/// let mut deliverer = Deliverer::new(client);
/// let attempt = Attempt::new(NewCustomer::new(42).email("anna@shop.example"));
/// match deliverer.ready().await?.call(attempt).await {
///     Ok(delivered) => println!("{}", delivered.as_str()),
///     Err(error) if error.is_dead() => println!("for a person to see to: {error}"),
///     Err(error) => println!("again, not before {:?}: {error}", error.retry_after()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Deliverer {
    client: Client,
}

impl Deliverer {
    /// Delivers through this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Service<Attempt> for Deliverer {
    type Response = Receipt;
    type Error = DeliveryError;
    type Future = Pin<Box<dyn Future<Output = Result<Receipt, DeliveryError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, attempt: Attempt) -> Self::Future {
        let client = self.client.clone();
        Box::pin(async move {
            let Attempt {
                report,
                again,
                keep_referrer,
                referred,
            } = attempt;
            match report {
                Report::Customer(new) => customer::deliver(&client, new, keep_referrer).await,
                Report::Sale(sale) => sale::deliver(&client, sale, again, referred).await,
                Report::Refund(refund) => refund::deliver(&client, &refund.key, again).await,
                Report::Credit(credit) => credit::deliver(&client, &credit, again).await,
            }
        })
    }
}

/// Partnero understood, did nothing, and would say the same again.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidInput
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Rejected
    )
}
