//! One attempt to deliver one report, as a `tower` service.

mod deletion;
mod error;
mod money;
mod receipt;

use std::pin::Pin;
use std::task::{Context, Poll};

use tower_service::Service;

pub(crate) use self::error::Sign;
pub use self::error::{DeadReason, DeliveryError};
pub use self::receipt::Receipt;
use super::ladder::{RegisterError, register};
use super::referrer::awaited;
use super::report::Report;
use crate::client::{Client, CustomerRef, ErrorKind, NewCustomer};

/// One attempt to deliver a report, for a [`Deliverer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Attempt {
    report: Report,
    again: bool,
    keep_referrer: bool,
    pending_referrers: Vec<CustomerRef>,
    referred: Option<bool>,
}

impl Attempt {
    /// The first attempt to deliver a report.
    pub fn new(report: impl Into<Report>) -> Self {
        Self {
            report: report.into(),
            again: false,
            keep_referrer: false,
            pending_referrers: Vec::new(),
            referred: None,
        }
    }

    /// Says that an earlier attempt may have arrived. A sale or a refund is then looked up first, and
    /// a credit, which cannot be looked up, is not sent at all. Make this attempt only when the
    /// earlier request can no longer be under way.
    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    /// What happens to a customer whose referring customer Partnero does not know. `true`: the attempt
    /// fails and can be repeated, because the referrer's own sign-up may still be on its way. `false`,
    /// the default: the customer is created without a referrer. A partner is never waited for.
    pub fn keep_referrer(mut self, keep: bool) -> Self {
        self.keep_referrer = keep;
        self
    }

    /// The referrers whose own sign-ups are under way in the outbox. If Partnero does not know such
    /// a referrer, the attempt fails before anything is sent, and the error says whom to wait for.
    pub(crate) fn pending_referrers(mut self, referrers: Vec<CustomerRef>) -> Self {
        self.pending_referrers = referrers;
        self
    }

    /// Whether the buyer of a sale was referred, if the outbox knows it. It is used when a sale is
    /// refused: Partnero may not take sales of unreferred customers. Otherwise Partnero is asked. An
    /// affiliate program does not have such a customer, so there the sale is not sent at all.
    pub(crate) fn referred(mut self, referred: Option<bool>) -> Self {
        self.referred = referred;
        self
    }
}

/// Makes one attempt to deliver one report to Partnero.
///
/// The worker of an [`Outbox`](super::Outbox) calls it. An app that already has a job system can call
/// it from there, instead of an outbox. The error says whether to
/// [try again](DeliveryError::is_dead) and [how long to wait](DeliveryError::retry_after) before.
/// The job system itself must deliver a customer before the customer's sales, and mark an attempt
/// with [`Attempt::again`] if an earlier one [may have arrived](DeliveryError::may_have_arrived).
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
        // The client lets calls in by its own limit, inside of the future.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, attempt: Attempt) -> Self::Future {
        let client = self.client.clone();
        Box::pin(async move {
            let Attempt {
                report,
                again,
                keep_referrer,
                pending_referrers,
                referred,
            } = attempt;
            match report {
                Report::Customer(new) => {
                    // Asked before anything is sent: a customer who was once created without the
                    // referrer cannot get the referrer later.
                    let awaited = awaited(&client, &new, &pending_referrers).await;
                    match awaited.map_err(DeliveryError::later)? {
                        Some(referrer) => Err(DeliveryError::awaits(referrer)),
                        None => customer(&client, new, keep_referrer).await,
                    }
                }
                Report::Sale(sale) => money::sale(&client, sale, again, referred).await,
                Report::Refund(refund) => money::refund(&client, &refund.key, again).await,
                Report::Credit(credit) => money::credit(&client, &credit, again).await,
                Report::Deletion(deletion) => deletion::delete(&client, &deletion.customer).await,
            }
        })
    }
}

async fn customer(
    client: &Client,
    new: NewCustomer,
    keep_referrer: bool,
) -> Result<Receipt, DeliveryError> {
    match register(client, new, keep_referrer).await {
        Ok(reported) => Ok(Receipt::Customer {
            registration: reported.registration,
            left_out: reported.left_out,
        }),
        Err(RegisterError::UnknownReferrer(error)) => {
            Err(DeliveryError::later(error).with_note("Partnero does not know the referrer yet"))
        }
        Err(RegisterError::IdentifierTaken(customer)) => {
            Err(DeliveryError::identifier_taken(&customer))
        }
        Err(RegisterError::EmailKnown(customer)) => Err(DeliveryError::email_known(&customer)),
        Err(RegisterError::Failed(error)) if is_refusal(error.kind()) => {
            Err(DeliveryError::refused(error))
        }
        Err(RegisterError::Failed(error)) => Err(DeliveryError::later(error)),
    }
}

/// Partnero has understood and done nothing, and would answer the same again.
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
