//! Registers one sign-up at Partnero, rung by rung: with its referrer, with another one, without.
//!
//! Every call made here may be repeated without harm, so the whole may be repeated after any failure.
//! How Partnero refuses a duplicate, an unknown referrer or a bad field is not documented. So a
//! refusal alone is not believed: before anything is changed, Partnero is asked for the customer, the
//! referrer, or the customer who has the e-mail address.
//!
//! In an affiliate program the referrer is a partner, and there is no last rung: Partnero takes no
//! customer without a partner.

use super::referrer::{Referrer, candidates, compare, find, look_up, search};
use super::refusal::{is_about, is_refusal, may_be_about_referrer};
use super::registration::{
    CreditedKey, ExistingReferrer, LeftOut, NotCreatedReason, Registration, Reported,
    UnreferredReason,
};
use crate::client::{
    CallSummary, Client, Customer, CustomerRef, CustomerSelector, Error, ErrorKind, NewCustomer,
};
use crate::referral::ProgramKind;

/// Why a customer was not registered.
pub(crate) enum RegisterError {
    Failed(Error),
    /// Partnero does not know the referrer, and the caller wants to keep the referrer.
    UnknownReferrer(Error),
    /// Partnero has this other person, or a deleted customer, under our identifier.
    IdentifierTaken(Box<Customer>),
    /// Partnero has the e-mail address under this customer, who has another identifier.
    EmailKnown(Box<Customer>),
}

impl From<Error> for RegisterError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Creates the customer with the first of its [candidates] that Partnero knows, or without a
/// referrer. With `keep_referrer`, a referring customer whom Partnero does not know is an error
/// instead.
pub(crate) async fn register(
    client: &Client,
    new: NewCustomer,
    keep_referrer: bool,
) -> Result<Reported, RegisterError> {
    let result = Ladder::new(client, new, keep_referrer).climb().await;
    #[cfg(feature = "metrics")]
    crate::metrics::registered(match &result {
        Ok(reported) => reported.registration.as_str(),
        Err(RegisterError::Failed(_)) => "failed",
        Err(RegisterError::UnknownReferrer(_)) => "referrer_not_known_yet",
        Err(RegisterError::IdentifierTaken(_)) => "identifier_taken",
        Err(RegisterError::EmailKnown(_)) => "email_known",
    });
    result
}

struct Ladder<'c> {
    client: &'c Client,
    keep_referrer: bool,
    /// The report, as the app made it.
    new: NewCustomer,
    /// What is sent of it.
    sent: NewCustomer,
    left_out: LeftOut,
    candidates: Vec<(Referrer, CreditedKey)>,
    /// Which of the candidates is sent.
    rung: usize,
    /// Why no candidate is left.
    reason: UnreferredReason,
    /// A refusal was answered by the same call once more.
    was_repeated: bool,
}

/// What Partnero was asked, as it answered with a customer.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    ToCreate,
    ByIdentifier,
}

/// Who a customer is that Partnero has answered.
enum Whose {
    Ours,
    /// Our identifier, and another person.
    SomebodyElses,
    /// Another identifier: ours is this customer's key.
    Unrelated,
}

impl<'c> Ladder<'c> {
    fn new(client: &'c Client, new: NewCustomer, keep_referrer: bool) -> Self {
        let candidates = candidates(&new);
        let reason = match new.referrer() {
            Some(_) => UnreferredReason::SelfReferral,
            None => UnreferredReason::NotReferred,
        };
        let first = candidates.first().map(|(referrer, _)| referrer);
        let mut sent = match first {
            Some(referrer) => referrer.of(&new),
            None => new.referred_by(None),
        };
        if client.program_kind() == ProgramKind::Affiliate {
            // These fields are not sent, so they cannot be refused.
            sent.leave_out("key");
            sent.leave_out("date_of_birth");
        }
        Self {
            client,
            keep_referrer,
            new,
            sent,
            left_out: LeftOut::default(),
            candidates,
            rung: 0,
            reason,
            was_repeated: false,
        }
    }

    async fn climb(mut self) -> Result<Reported, RegisterError> {
        loop {
            if let Some(reason) = self.not_created() {
                return Ok(Reported {
                    registration: Registration::NotCreated(reason),
                    left_out: LeftOut::default(),
                    credited: None,
                    customer: None,
                });
            }
            let refusal = match self.create().await {
                Ok(customer) => return Ok(self.created(customer).await),
                Err(RegisterError::Failed(error)) if is_refusal(&error) => error,
                Err(error) => return Err(error),
            };
            // Asked after each refusal, not before the first call: nearly every sign-up is new, and
            // a call takes a second or two.
            if let Some(found) = find(self.client, self.new.id()).await? {
                match self.whose(&found, Asked::ByIdentifier) {
                    Whose::Ours => return Ok(self.existing(found).await),
                    Whose::SomebodyElses => {
                        return Err(RegisterError::IdentifierTaken(Box::new(found)));
                    }
                    Whose::Unrelated => {}
                }
            }
            self.step_down(refusal).await?;
        }
    }

    /// Why an affiliate program gets no customer, if that is so. A referring customer there is a
    /// mistake of the app's, which the call refuses.
    fn not_created(&self) -> Option<NotCreatedReason> {
        if self.client.program_kind() != ProgramKind::Affiliate
            || self.rung < self.candidates.len()
            || self.new.referrer().is_some()
        {
            return None;
        }
        Some(match self.rung {
            0 => NotCreatedReason::NoPartner,
            _ => NotCreatedReason::UnknownPartner,
        })
    }

    /// Creates the customer. Partnero may answer with success and an existing customer who has the
    /// same e-mail address under another identifier. Then nobody has our identifier: that is a
    /// conflict.
    async fn create(&self) -> Result<Customer, RegisterError> {
        let customer = self.client.customers().create(&self.sent).await?;
        match self.whose(&customer, Asked::ToCreate) {
            Whose::Ours => return Ok(customer),
            Whose::SomebodyElses => {
                return Err(RegisterError::IdentifierTaken(Box::new(customer)));
            }
            Whose::Unrelated => {}
        }
        match find(self.client, self.new.id()).await? {
            Some(found) if (&found.id, &found.key) == (&customer.id, &customer.key) => {
                if self.is_somebody_else(&found) {
                    return Err(RegisterError::IdentifierTaken(Box::new(found)));
                }
                Ok(customer)
            }
            _ => {
                let conflict = Error::new(ErrorKind::Conflict, &CallSummary::create_customer())
                    .with_message("the answer is about a customer with another id");
                Err(conflict.into())
            }
        }
    }

    /// Changes what is sent, so that the refusal does not come again.
    ///
    /// # Errors
    ///
    /// The refusal, if nothing is known to help.
    async fn step_down(&mut self, refusal: Error) -> Result<(), RegisterError> {
        // All fields that the refusal names at once, so that not each of them costs a call of its
        // own.
        let mut is_changed = false;
        for field in LeftOut::FIELDS {
            if is_about(&refusal, field) {
                is_changed |= match field {
                    "email" => self.leave_out_email(None).await?,
                    field => self.leave_out(field),
                };
            }
        }
        // A 409 is about something that is there already, which a missing referrer is not.
        let is_conflict = refusal.kind() == ErrorKind::Conflict;
        if is_changed || is_conflict && self.leave_out_taken().await? {
            return Ok(());
        }
        if let Some((referrer, _)) = self.candidates.get(self.rung)
            && referrer.is_unknown(self.client).await?
        {
            // Partners do not sign up through this app, so there is nobody to wait for.
            if self.keep_referrer && referrer.as_customer().is_some() {
                return Err(RegisterError::UnknownReferrer(refusal));
            }
            self.rung += 1;
            self.reason = UnreferredReason::UnknownReferrer;
            self.sent = match self.candidates.get(self.rung) {
                Some((next, _)) => next.of(&self.sent),
                None => self.sent.referred_by(None),
            };
            return Ok(());
        }
        if !is_conflict && self.leave_out_taken().await? {
            return Ok(());
        }
        // The referrer's own sign-up may have arrived after the refusal and before the look-up.
        if self.rung < self.candidates.len()
            && !self.was_repeated
            && may_be_about_referrer(&refusal)
        {
            self.was_repeated = true;
            return Ok(());
        }
        Err(refusal.into())
    }

    fn leave_out(&mut self, field: &str) -> bool {
        let had = self.sent.leave_out(field);
        if had {
            self.left_out.add(field);
        }
        had
    }

    /// Leaves out the e-mail address, unless another customer has it and the app wants to know.
    async fn leave_out_email(&mut self, holder: Option<Customer>) -> Result<bool, RegisterError> {
        let Some(email) = self.sent.email_address() else {
            return Ok(false);
        };
        if !self.new.goes_without_known_email() {
            let holder = match holder {
                None => holder_of(self.client, email).await?,
                known => known,
            };
            if let Some(holder) = holder {
                return Err(RegisterError::EmailKnown(Box::new(holder)));
            }
        }
        Ok(self.leave_out("email"))
    }

    /// After a refusal that names no field: leaves out an e-mail address or a key that another
    /// customer has.
    async fn leave_out_taken(&mut self) -> Result<bool, RegisterError> {
        if let Some(email) = self.sent.email_address()
            && let Some(holder) = holder_of(self.client, email).await?
        {
            return self.leave_out_email(Some(holder)).await;
        }
        if let Some(key) = self.sent.public_key()
            && look_up(self.client, &CustomerRef::key(key))
                .await?
                .is_some()
        {
            return Ok(self.leave_out("key"));
        }
        Ok(false)
    }

    /// What a success means: Partnero may have ignored the referrer, or answered with a customer
    /// that existed before.
    async fn created(self, customer: Customer) -> Reported {
        let sent = self.candidates.get(self.rung);
        let registration = match sent {
            None => Registration::Unreferred(self.reason),
            Some((referrer, credited)) => match referrer.credited(self.client, &customer).await {
                ExistingReferrer::Same | ExistingReferrer::Unknown => {
                    Registration::Referred(*credited)
                }
                ExistingReferrer::None => {
                    Registration::Unreferred(UnreferredReason::ReferrerIgnored)
                }
                other => Registration::Existing(other),
            },
        };
        let is_referred = matches!(registration, Registration::Referred(_));
        let credited = sent.filter(|_| is_referred);
        Reported {
            registration,
            left_out: self.left_out,
            credited: credited.map(|(referrer, _)| referrer.clone()),
            customer: Some(customer),
        }
    }

    /// Our customer was there before. Any candidate may be on record, because an earlier report of
    /// this sign-up tried them as well.
    async fn existing(self, customer: Customer) -> Reported {
        let mut candidates = self.candidates.iter().map(|(candidate, _)| candidate);
        let is_named = candidates.any(|candidate| candidate.is_recorded_for(&customer));
        let referrer = if is_named {
            ExistingReferrer::Same
        } else {
            self.compare(&customer).await
        };
        Reported {
            registration: Registration::Existing(referrer),
            left_out: LeftOut::default(),
            credited: None,
            customer: Some(customer),
        }
    }

    /// Compares the referrer on record with the first candidate; a partner on record with each of
    /// them, because answers name a partner by another name than links do.
    async fn compare(&self, customer: &Customer) -> ExistingReferrer {
        let Some((first, _)) = self.candidates.first() else {
            return compare(self.client, None, customer).await;
        };
        let with_first = first.compare(self.client, customer).await;
        if with_first == ExistingReferrer::Other && first.as_partner().is_some() {
            for (other, _) in &self.candidates[1..] {
                if other.compare(self.client, customer).await == ExistingReferrer::Same {
                    return ExistingReferrer::Same;
                }
            }
        }
        with_first
    }

    fn whose(&self, found: &Customer, asked: Asked) -> Whose {
        // An answer without any name is about nobody.
        let program = self.client.program_kind();
        if !found.is_named() || !is_same_customer(program, &self.sent, found, asked) {
            Whose::Unrelated
        } else if self.is_somebody_else(found) {
            Whose::SomebodyElses
        } else {
            Whose::Ours
        }
    }

    /// Whether a customer with our identifier is another person than the one who signs up.
    fn is_somebody_else(&self, found: &Customer) -> bool {
        let emails = self.new.email_address().zip(found.email.as_deref());
        // Letters outside ASCII may be written in another way by each side.
        let is_other = emails.is_some_and(|(ours, theirs)| {
            ours.is_ascii() && theirs.is_ascii() && !ours.eq_ignore_ascii_case(theirs.trim())
        });
        is_other || found.is_deleted()
    }
}

/// The customer who has this e-mail address.
async fn holder_of(client: &Client, email: &str) -> Result<Option<Customer>, Error> {
    let is_holder = |customer: &Customer| {
        let theirs = customer.email.as_deref();
        theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(email))
    };
    search(client, &CustomerSelector::email(email), is_holder).await
}

/// Whether a customer has our identifier. Partnero's path also takes keys and e-mail addresses, so our
/// identifier may be another customer's key. Some answers have no identifier: who was found by ours
/// then has it, unless our identifier is the key or the address in the answer. Otherwise the key
/// decides, or else the e-mail address. In affiliate programs the key is the identifier.
fn is_same_customer(
    program: ProgramKind,
    new: &NewCustomer,
    found: &Customer,
    asked: Asked,
) -> bool {
    let (id, key) = match program {
        ProgramKind::ReferAFriend => (&found.id, new.public_key()),
        ProgramKind::Affiliate => (&found.key, None),
    };
    if let Some(id) = id.as_ref().or(found.id.as_ref()) {
        return id == new.id();
    }
    let is_our_id = |name: &Option<String>| {
        let name = name.as_deref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(new.id()))
    };
    if asked == Asked::ByIdentifier && !is_our_id(&found.key) && !is_our_id(&found.email) {
        return true;
    }
    if let (Some(ours), Some(theirs)) = (key, &found.key) {
        return ours == theirs;
    }
    if let (Some(ours), Some(theirs)) = (new.email_address(), &found.email) {
        return ours.eq_ignore_ascii_case(theirs);
    }
    true
}
