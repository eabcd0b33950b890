//! Reads both lists: the app's, Partnero's, and where something is missing the app's once more.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::{Duration, SystemTime};

use futures_core::Stream;

use super::difference::{Difference, Reconciled};
use super::error::{ReconcileError, ReconcileErrorKind};
use super::roster::{Compared, Roster, name_of};
use crate::client::{Client, Customer, NewCustomer};
#[cfg(feature = "outbox")]
use crate::client::{Error, PartnerRef};
#[cfg(feature = "outbox")]
use crate::delivery::{Enqueued, Outbox, look_up_partner};
use crate::referral::ProgramKind;

/// A million pages of a hundred customers each: more than any program has.
const MOST_PAGES: usize = 1_000_000;
/// Who was created later than so long before the start may have signed up meanwhile. Clocks differ,
/// and a sign-up may wait in the outbox.
const RECENT: Duration = Duration::from_secs(600);

type BoxError = Box<dyn StdError + Send + Sync>;

/// Compares the app's users with Partnero's customers. See the [module docs](super) for what it needs
/// and what it cannot see.
#[must_use = "nothing is compared until it is run"]
pub struct Reconcile {
    client: Client,
    #[cfg(feature = "outbox")]
    fix: Option<Outbox>,
}

impl Reconcile {
    /// Compares with the customers of this client's program.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            #[cfg(feature = "outbox")]
            fix: None,
        }
    }

    /// Writes the users whom Partnero lacks into this outbox. A worker sends them. Nothing else is
    /// changed, neither in the app nor at Partnero.
    #[cfg(feature = "outbox")]
    pub fn fix(mut self, outbox: Outbox) -> Self {
        self.fix = Some(outbox);
        self
    }

    /// Compares, and hands each difference to `tell`.
    ///
    /// `users` is called once for the app's list, and once more if somebody is missing or has no referrer at
    /// Partnero. Both lists
    /// should have the same users; the order does not matter, unless missing users are
    /// [fixed](Self::fix): then referrers come first.
    ///
    /// # Errors
    ///
    /// One of the lists could not be read to its end, or the outbox could not be written to.
    pub async fn run<S, E>(
        self,
        mut users: impl FnMut() -> S,
        mut tell: impl FnMut(Difference),
    ) -> Result<Reconciled, ReconcileError>
    where
        S: Stream<Item = Result<NewCustomer, E>>,
        E: Into<BoxError>,
    {
        // Read before both lists: who signs up while they are read is in one of them alone, and is
        // no difference.
        let begun = SystemTime::now();
        let is_affiliate = self.client.program_kind() == ProgramKind::Affiliate;
        let (mut sum, mut roster) = (Reconciled::default(), Roster::default());
        {
            let mut users = pin!(users());
            while let Some(user) = next(users.as_mut()).await? {
                // Such a program takes no customer without a partner.
                if is_affiliate && user.bringing_partner().is_none() {
                    continue;
                }
                roster.add(&user);
            }
        }
        sum.users = roster.len() as u64;

        let (mut seen, mut unreferred, mut is_referrer_told) = (0_u64, 0_u64, false);
        let list = self.client.customers().list();
        let mut customers = list.max_pages(MOST_PAGES).stream();
        while let Some(customer) = customers.next().await {
            let customer = customer
                .map_err(|error| ReconcileError::new(ReconcileErrorKind::Partnero, error))?;
            sum.customers += 1;
            is_referrer_told |= customer.referring_customer.is_some();
            let Some(place) = roster.find(&customer) else {
                if customer.is_deleted() {
                    continue; // gone on both sides
                }
                if is_recent(&customer, begun) {
                    sum.recent += 1;
                } else {
                    sum.unknown += 1;
                    tell(Difference::Unknown(Box::new(customer)));
                }
                continue;
            };
            // A page may show a customer a second time, if others were created meanwhile.
            if !roster.see(place) {
                continue;
            }
            seen += 1;
            if compare(&roster, place, &customer, &mut sum, &mut tell) == Compared::None {
                unreferred += 1;
                roster.note_unreferred(place);
            }
        }
        // If the list names no referrer at all, its answers may leave referrers out.
        if !is_referrer_told {
            sum.uncompared += std::mem::take(&mut unreferred);
        }

        if seen < sum.users || unreferred > 0 {
            #[cfg(feature = "outbox")]
            let mut partners = Partners::default();
            let mut users = pin!(users());
            while let Some(user) = next(users.as_mut()).await? {
                if unreferred > 0 && roster.take_unreferred(&user) {
                    sum.other_referrer += 1;
                    tell(Difference::Referrer {
                        user: user.id().to_owned(),
                        ours: user.referrer().map(|referrer| referrer.as_str().to_owned()),
                        theirs: None,
                    });
                }
                if roster.take_missing(&user) {
                    sum.missing += 1;
                    #[cfg(feature = "outbox")]
                    self.enqueue(&user, &mut sum, &mut partners).await?;
                    tell(Difference::Missing(Box::new(user)));
                }
            }
        }
        Ok(sum)
    }

    #[cfg(feature = "outbox")]
    async fn enqueue(
        &self,
        user: &NewCustomer,
        sum: &mut Reconciled,
        partners: &mut Partners,
    ) -> Result<(), ReconcileError> {
        if let Some(outbox) = &self.fix {
            let failed = |error| ReconcileError::new(ReconcileErrorKind::Outbox, error);
            let enqueued = outbox.enqueue(user.clone()).await.map_err(failed)?;
            sum.enqueued += u64::from(enqueued != Enqueued::Repeated);
            if let Some(partner) = user.bringing_partner() {
                let are_known = partners.know(&self.client, partner).await;
                let is_known = are_known
                    .map_err(|error| ReconcileError::new(ReconcileErrorKind::Partnero, error))?;
                sum.not_taken += u64::from(!is_known);
            }
        }
        Ok(())
    }
}

/// Which partners Partnero knows, each asked once.
#[cfg(feature = "outbox")]
#[derive(Default)]
struct Partners(Vec<(PartnerRef, bool)>);

#[cfg(feature = "outbox")]
impl Partners {
    /// Most partners that are remembered. A program has few, and users come in no order of theirs.
    const MOST: usize = 1_000;

    async fn know(&mut self, client: &Client, partner: &PartnerRef) -> Result<bool, Error> {
        if let Some((_, is_known)) = self.0.iter().find(|(known, _)| known == partner) {
            return Ok(*is_known);
        }
        let is_known = look_up_partner(client, partner).await?.is_some();
        if self.0.len() < Self::MOST {
            self.0.push((partner.clone(), is_known));
        }
        Ok(is_known)
    }
}

fn compare(
    roster: &Roster,
    place: u32,
    customer: &Customer,
    sum: &mut Reconciled,
    tell: &mut impl FnMut(Difference),
) -> Compared {
    let name = || customer.id.clone().or_else(|| customer.key.clone());
    if customer.is_deleted() {
        sum.deleted += 1;
        tell(Difference::Deleted(name().unwrap_or_default()));
        return Compared::Same;
    }
    let compared = roster.compare(place, customer);
    match compared {
        // Whether the list names referrers at all is known at its end.
        Compared::Same | Compared::None => {}
        Compared::Unknown => sum.uncompared += 1,
        Compared::Other => {
            sum.other_referrer += 1;
            tell(Difference::Referrer {
                user: name().unwrap_or_default(),
                ours: roster.referrer(place).map(str::to_owned),
                theirs: customer.referring_customer.as_ref().and_then(name_of),
            });
        }
    }
    compared
}

fn is_recent(customer: &Customer, begun: SystemTime) -> bool {
    let created = customer.created_at;
    created.is_some_and(|created| created + RECENT > begun)
}

async fn next<S, E>(mut users: Pin<&mut S>) -> Result<Option<NewCustomer>, ReconcileError>
where
    S: Stream<Item = Result<NewCustomer, E>>,
    E: Into<BoxError>,
{
    let user = poll_fn(|cx| users.as_mut().poll_next(cx)).await;
    user.transpose()
        .map_err(|error| ReconcileError::new(ReconcileErrorKind::Users, error))
}

impl fmt::Debug for Reconcile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconcile")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
