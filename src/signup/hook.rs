//! The handle for the app's state and the hook for one request.

use http::request::Parts;

use super::error::SignupError;
use super::outcome::SignupOutcome;
use crate::capture::Referrals;
use crate::client::NewCustomer;
use crate::context::{ReferralContext, ReferralLayerMissing};
use crate::delivery::{Delivery, Reported};
#[cfg(feature = "outbox")]
use crate::delivery::{OutboxRow, OutboxTransaction};
use crate::referral::{ProgramKind, Referral};
#[cfg(feature = "outbox")]
use crate::response::Spent;

/// The capture policy and the way to Partnero, in one handle for the app's state. It is cheap to
/// clone.
///
/// See the [module docs](crate::signup) for an example.
#[derive(Clone, Debug)]
pub struct Signups {
    referrals: Referrals,
    delivery: Delivery,
    allow_email_keys: bool,
    without_known_email: bool,
}

impl Signups {
    /// Reports sign-ups through a [`Client`](crate::Client), an `Outbox`, or a [`Delivery`] with
    /// settings of its own.
    pub fn new(referrals: Referrals, delivery: impl Into<Delivery>) -> Self {
        Self {
            referrals,
            delivery: delivery.into(),
            allow_email_keys: false,
            without_known_email: false,
        }
    }

    /// Whether a customer's public key may look like an e-mail address. Default: no, because the
    /// address would stand in every link that the customer shares.
    #[must_use]
    pub fn allow_email_keys(mut self, allow: bool) -> Self {
        self.allow_email_keys = allow;
        self
    }

    /// Whether a customer is created without the e-mail address if Partnero has the address under
    /// another customer already: a person who registered in Partnero's own portal, or who had another
    /// account in the app. Default: no. The sign-up then is
    /// [`EmailKnown`](super::SignupErrorKind::EmailKnown), which names that customer, and with an
    /// outbox a dead letter.
    #[must_use]
    pub fn without_known_email(mut self, without: bool) -> Self {
        self.without_known_email = without;
        self
    }

    /// The capture policy, for apps whose state holds only this handle.
    #[must_use]
    pub fn referrals(&self) -> &Referrals {
        &self.referrals
    }

    /// The hook for one request. With axum a handler takes it as an extractor instead.
    ///
    /// # Errors
    ///
    /// As [`Referrals::context`].
    pub fn hook(&self, parts: &Parts) -> Result<SignupHook, ReferralLayerMissing> {
        Ok(SignupHook {
            context: self.referrals.context_of_signup(parts)?,
            signups: self.clone(),
        })
    }

    async fn register(&self, new: NewCustomer) -> Result<Reported, SignupError> {
        self.check(&new)?;
        Ok(self.delivery.register(new).await?)
    }

    fn check(&self, new: &NewCustomer) -> Result<(), SignupError> {
        let program = self.referrals.program_kind();
        let is_of_other_program = match program {
            ProgramKind::ReferAFriend => new.bringing_partner().is_some(),
            ProgramKind::Affiliate => new.referrer().is_some(),
        };
        let client = self.delivery.client();
        let refusal = if is_of_other_program
            || client.is_some_and(|client| client.program_kind() != program)
        {
            SignupError::wrong_program(program)
        } else if !self.allow_email_keys && new.public_key().is_some_and(looks_like_email) {
            SignupError::email_key()
        } else {
            return Ok(());
        };
        #[cfg(feature = "tracing")]
        tracing::warn!(reason = refusal.to_string(), "sign-up not reported");
        Err(refusal)
    }
}

/// Whether there is text on both sides of an `@`. More than that is not checked: a key that only
/// resembles an address is refused, too.
fn looks_like_email(key: &str) -> bool {
    key.split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}

/// Reports the sign-up of one request to Partnero, and fills in the customer who referred it.
///
/// With the feature `axum` this is an extractor; it takes the [`Signups`] handle from the app's
/// state through `FromRef`. Without axum, [`Signups::hook`] makes it from the request's parts.
/// See the [module docs](crate::signup) for an example.
#[derive(Debug)]
#[must_use]
pub struct SignupHook {
    signups: Signups,
    context: ReferralContext,
}

impl SignupHook {
    /// What the request says about its referral.
    #[must_use]
    pub fn context(&self) -> &ReferralContext {
        &self.context
    }

    /// The referral that this sign-up will be credited to.
    #[must_use]
    pub fn referral(&self) -> Option<&Referral> {
        self.context.referral.as_ref()
    }

    /// Takes a referral that the app has found by itself. [`ReferralContext::with_referral`] says
    /// which referral counts if the request has one, too.
    ///
    /// ```
    /// # use tower_partnero::{Referral, SignupHook};
    /// # fn example(hook: SignupHook, code: &str) -> SignupHook {
    /// // An optional field of the sign-up form; left empty, the link or the cookie counts.
    /// hook.with_referral(Referral::from_code(code).ok())
    /// # }
    /// ```
    ///
    /// # A mistyped code
    ///
    /// A code replaces the referral of the link or the cookie, which becomes a
    /// [runner-up](ReferralContext::runners_up): where Partnero refuses the code as unknown, the
    /// customer of the link is credited. A Partnero that creates the customer without the unknown
    /// referrer (`referrer_ignored`) leaves no second try. So ask Partnero first whether a customer
    /// has the code. If not, show the form again, or let the link count. (In an affiliate program a code
    /// is a partner's: ask `client.partners().get(&PartnerRef::key(...))`.)
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use tokio::time::timeout;
    /// use tower_partnero::{Client, ErrorKind, Referral, SignupHook};
    ///
    /// async fn with_code(hook: SignupHook, client: &Client, code: &str) -> SignupHook {
    ///     let Ok(referral) = Referral::from_code(code) else {
    ///         return hook; // left empty
    ///     };
    ///     let customers = client.customers();
    ///     let asked = timeout(Duration::from_secs(2), customers.get(referral.key().as_str())).await;
    ///     match asked.map(|found| found.map_err(|error| error.kind())) {
    ///         Ok(Err(ErrorKind::NotFound | ErrorKind::InvalidInput)) => hook, // nobody's
    ///         _ => hook.with_referral(referral), // also if Partnero does not answer in time
    ///     }
    /// }
    /// ```
    ///
    /// Whether Partnero also finds a customer by the key of one of several links is not
    /// documented; [`referral_links().search_by_key(...)`](crate::client::ReferralLinks::search_by_key)
    /// asks for it.
    pub fn with_referral(mut self, referral: impl Into<Option<Referral>>) -> Self {
        self.context = self.context.with_referral(referral);
        self
    }

    /// Creates the customer at Partnero, with `referring_customer` filled in from the referral
    /// unless the app has set one itself. With the policy of an
    /// [affiliate](crate::capture::ReferralsBuilder::affiliate) program, `partner` is filled in, and a
    /// customer without a partner is not sent.
    ///
    /// Call it after the user is stored. It returns no error: the outcome says what happened, and so
    /// does a `tracing` event, without names, keys and addresses.
    ///
    /// It consumes the hook, because one referral credits one sign-up.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime. Handlers of axum and hyper run inside of one.
    pub async fn sign_up(self, customer: NewCustomer) -> SignupOutcome {
        let report = self.signups.register(self.refer(customer));
        #[cfg(feature = "tracing")]
        let report = tracing::Instrument::instrument(report, self.span());
        let result = report.await;
        // Made in any case. The outcome gives it to the response only if the report has arrived or
        // is in the outbox.
        let spent = self.signups.referrals.spend(&self.context);
        SignupOutcome::new(result, spent, self.context)
    }

    /// The span of the report's events, which says where the referral came from.
    #[cfg(feature = "tracing")]
    fn span(&self) -> tracing::Span {
        let referral = self.context.referral.as_ref();
        tracing::info_span!(
            "sign_up",
            referral = self.context.outcome.as_str(),
            source = referral.map(|referral| referral.source().as_str()),
            conflicting = self.context.conflicting,
        )
    }

    /// Writes the report into the outbox within the app's own transaction: the new user and the
    /// report are committed together or not at all. This writes one row and does not call Partnero,
    /// so that a failing Partnero neither fails nor delays the sign-up.
    ///
    /// It returns the outcome, which removes the cookie. Return it from the handler after the
    /// commit. If the transaction is rolled back, drop it: the referral stays in the browser.
    ///
    /// A customer who is in the outbox already is no error, and
    /// [`registration`](SignupOutcome::registration) says so. If that report has arrived, it is made
    /// again ([`Again`](crate::delivery::Enqueued::Again)): an identifier can belong to a new user.
    /// Partnero's data about a customer that exists is not changed by it; that is what
    /// [`Customers::update`](crate::client::Customers::update) does. If the report has not arrived,
    /// nothing is written ([`Repeated`](crate::delivery::Enqueued::Repeated)), and a warning is logged.
    ///
    /// # Errors
    ///
    /// The row was not written. [`NoOutbox`](super::SignupErrorKind::NoOutbox) says that
    /// [`Signups`] was made without an outbox.
    #[cfg(feature = "outbox")]
    pub async fn sign_up_in(
        self,
        transaction: &mut impl OutboxTransaction,
        customer: NewCustomer,
    ) -> Result<SignupOutcome, SignupError> {
        let customer = self.refer(customer);
        // Before the statement: on PostgreSQL a statement that fails ends the app's transaction.
        self.signups.check(&customer)?;
        let Some(outbox) = self.signups.delivery.outbox() else {
            return Err(SignupError::no_outbox());
        };
        let enqueued = outbox.enqueue_in(transaction, customer).await;
        let enqueued = enqueued.map_err(SignupError::outbox)?;
        #[cfg(feature = "tracing")]
        if enqueued == crate::delivery::Enqueued::Repeated {
            tracing::warn!("a report of this customer is in the outbox and has not arrived");
        }
        let spent = self.signups.referrals.spend(&self.context);
        let reported = Reported::enqueued(enqueued);
        Ok(SignupOutcome::new(Ok(reported), spent, self.context))
    }

    /// The row that [`sign_up_in`](Self::sign_up_in) would write, for an app that writes it with
    /// another driver than sqlx, and the response part that removes the cookie. The same rules hold.
    ///
    /// Write the row with [`Outbox::INSERT`](crate::Outbox::INSERT) in the transaction that stores the
    /// user. After the commit call [`Outbox::wake`](crate::Outbox::wake), and return the response part
    /// from the handler. If the transaction is rolled back, drop both: the referral stays in the
    /// browser. [The guide](crate::guide::databases) shows a whole program for each driver.
    ///
    /// ```
    /// # use tower_partnero::delivery::OutboxRow;
    /// # use tower_partnero::{NewCustomer, SignupError, SignupHook};
    /// # fn example(hook: SignupHook) -> Result<(), SignupError> {
    /// let (row, spent) = hook.row(NewCustomer::new(42).email("ben@shop.example"))?;
    /// assert_eq!((row.kind().as_str(), row.key()), ("customer", "42"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`Signups`] need not be made with an outbox, so that the app's process can do without sqlx if the
    /// worker runs in another process. With an outbox the row gets its
    /// [program](crate::Outbox::program).
    ///
    /// # Errors
    ///
    /// The public key looks like an e-mail address ([`EmailKey`](super::SignupErrorKind::EmailKey)),
    /// or the row can never be written
    /// ([`Invalid`](crate::delivery::OutboxErrorKind::Invalid)).
    #[cfg(feature = "outbox")]
    pub fn row(self, customer: NewCustomer) -> Result<(OutboxRow, Spent), SignupError> {
        let customer = self.refer(customer);
        self.signups.check(&customer)?;
        let row = match self.signups.delivery.outbox() {
            Some(outbox) => outbox.row(customer),
            None => OutboxRow::new(customer),
        };
        let row = row.map_err(SignupError::outbox)?;
        Ok((row, self.signups.referrals.spend(&self.context)))
    }

    fn refer(&self, customer: NewCustomer) -> NewCustomer {
        let customer = if self.signups.without_known_email {
            customer.without_known_email(true)
        } else {
            customer
        };
        let referral = match &self.context.referral {
            Some(referral)
                // A referrer whom the app itself names comes before the visitor's link.
                if customer.referrer().is_none() && customer.bringing_partner().is_none() =>
            {
                referral
            }
            _ => return customer,
        };
        let customer = match self.context.program {
            ProgramKind::ReferAFriend => customer.referring_customer(referral.key()),
            ProgramKind::Affiliate => customer.partner(referral.key()),
        };
        customer.runners_up(self.context.runners_up().iter().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like_email;

    #[test]
    fn an_address_is_told_from_a_key() {
        for key in ["anna@shop.example", "a@b", "a@b@c"] {
            assert!(looks_like_email(key), "{key}");
        }
        for key in ["anna-7", "@anna", "anna@", "@", ""] {
            assert!(!looks_like_email(key), "{key}");
        }
    }
}
