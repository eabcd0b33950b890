//! Registers one sign-up at Partnero, rung by rung: with its referrer, with another one, without.
//!
//! Every call made here may be repeated without harm, so the whole may be repeated after any failure.
//! How Partnero refuses a duplicate, an unknown referrer or a bad field is not documented. So a
//! refusal alone is not believed: before anything is changed, Partnero is asked for the customer, the
//! referrer, or the customer who has the e-mail address.

use super::registration::{
    Credited, ExistingReferrer, LeftOut, Registration, Reported, UnreferredReason,
};
use crate::client::{
    CallSummary, Client, Customer, CustomerRef, CustomerSelector, Error, ErrorKind, NewCustomer,
};

/// How many earlier links of a visitor are tried.
const MOST_RUNNERS_UP: usize = 3;

/// What programs take along that turn the text around a link into a part of the link.
const PUNCTUATION: &[char] = &[
    '.', ',', ';', ':', '!', '?', '\'', '"', '`', '*', '_', '|', '(', ')', '[', ']', '{', '}', '<',
    '>', '«', '»', '“', '”', '„', '‘', '’', '…',
];

/// Why a customer was not registered.
pub(super) enum RegisterError {
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

/// The referrers to try, in their order: the one that counts, the same without punctuation, and
/// the earlier links of the visitor. Nobody refers themselves.
pub(super) fn candidates(new: &NewCustomer) -> Vec<(CustomerRef, Credited)> {
    let mut candidates: Vec<(CustomerRef, Credited)> = Vec::new();
    let mut add = |candidate: CustomerRef, credited| {
        let name = candidate.as_str();
        let is_own = name == new.id() || Some(name) == new.public_key();
        if !is_own && candidates.iter().all(|(known, _)| *known != candidate) {
            candidates.push((candidate, credited));
        }
    };
    if let Some(referrer) = new.referrer() {
        add(referrer.clone(), Credited::Key);
        if let Some(key) = referrer.as_key() {
            let trimmed = key.trim_matches(PUNCTUATION);
            if !trimmed.is_empty() {
                add(CustomerRef::key(trimmed), Credited::TrimmedKey);
            }
        }
    }
    for key in new.other_referrers().iter().take(MOST_RUNNERS_UP) {
        add(key.into(), Credited::RunnerUp);
    }
    candidates
}

/// Creates the customer with the first of its [candidates] that Partnero knows, or without a
/// referrer. With `keep_referrer`, a referrer that Partnero does not know is an error instead.
pub(super) async fn register(
    client: &Client,
    new: NewCustomer,
    keep_referrer: bool,
) -> Result<Reported, RegisterError> {
    Ladder::new(client, new, keep_referrer).climb().await
}

struct Ladder<'c> {
    client: &'c Client,
    keep_referrer: bool,
    /// The report, as the app made it.
    new: NewCustomer,
    /// What is sent of it.
    sent: NewCustomer,
    left_out: LeftOut,
    candidates: Vec<(CustomerRef, Credited)>,
    /// Which of the candidates is sent.
    rung: usize,
    /// Why no candidate is left.
    reason: UnreferredReason,
}

/// Who a customer is that was found by our identifier.
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
        let sent = new.referred_by(candidates.first().map(|(referrer, _)| referrer.clone()));
        Self {
            client,
            keep_referrer,
            new,
            sent,
            left_out: LeftOut::default(),
            candidates,
            rung: 0,
            reason,
        }
    }

    async fn climb(mut self) -> Result<Reported, RegisterError> {
        loop {
            let refusal = match self.create().await {
                Ok(customer) => return Ok(self.created(customer).await),
                Err(RegisterError::Failed(error)) if is_refusal(&error) => error,
                Err(error) => return Err(error),
            };
            if let Some(found) = find(self.client, self.new.id()).await? {
                match self.whose(&found) {
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

    /// Creates the customer. Partnero may answer with success and an existing customer who has the
    /// same e-mail address under another identifier. Then nobody has our identifier: that is a
    /// conflict.
    async fn create(&self) -> Result<Customer, RegisterError> {
        let customer = self.client.customers().create(&self.sent).await?;
        match self.whose(&customer) {
            Whose::Ours => return Ok(customer),
            Whose::SomebodyElses => {
                return Err(RegisterError::IdentifierTaken(Box::new(customer)));
            }
            Whose::Unrelated => {}
        }
        match find(self.client, self.new.id()).await? {
            Some(found) if (&found.id, &found.key) == (&customer.id, &customer.key) => Ok(customer),
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
        if let Some(referrer) = self.sent.referrer()
            && is_unknown(self.client, referrer).await?
        {
            if self.keep_referrer {
                return Err(RegisterError::UnknownReferrer(refusal));
            }
            self.rung += 1;
            self.reason = UnreferredReason::UnknownReferrer;
            let next = self.candidates.get(self.rung);
            self.sent = self
                .sent
                .referred_by(next.map(|(referrer, _)| referrer.clone()));
            return Ok(());
        }
        if !is_conflict && self.leave_out_taken().await? {
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
            Some((referrer, credited)) => {
                match compare(self.client, Some(referrer), &customer).await {
                    ExistingReferrer::Same | ExistingReferrer::Unknown => {
                        Registration::Referred(*credited)
                    }
                    ExistingReferrer::None => {
                        Registration::Unreferred(UnreferredReason::ReferrerIgnored)
                    }
                    other => Registration::Existing(other),
                }
            }
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
        let recorded = customer.referring_customer.as_ref();
        let named = self.candidates.iter().find(|(candidate, _)| {
            recorded.is_some_and(|recorded| recorded.is_named(candidate.as_str()))
        });
        let referrer = match (named, self.candidates.first()) {
            (Some(_), _) => ExistingReferrer::Same,
            (None, first) => {
                let first = first.map(|(referrer, _)| referrer);
                compare(self.client, first, &customer).await
            }
        };
        Reported {
            registration: Registration::Existing(referrer),
            left_out: LeftOut::default(),
            credited: None,
            customer: Some(customer),
        }
    }

    fn whose(&self, found: &Customer) -> Whose {
        // An answer without any name is about nobody.
        if !found.is_named() || !is_same_customer(&self.sent, found) {
            return Whose::Unrelated;
        }
        let emails = self.new.email_address().zip(found.email.as_deref());
        // Letters outside ASCII may be written in another way by each side.
        let is_other = emails.is_some_and(|(ours, theirs)| {
            ours.is_ascii() && theirs.is_ascii() && !ours.eq_ignore_ascii_case(theirs.trim())
        });
        if is_other || found.is_deleted() {
            Whose::SomebodyElses
        } else {
            Whose::Ours
        }
    }
}

/// Whether Partnero has surely done nothing, and would answer the same again.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Invalid
    )
}

/// Whether a refusal names this field.
fn is_about(refusal: &Error, field: &str) -> bool {
    let names_it = |name: &str| name == field || name.strip_prefix("metadata.") == Some(field);
    let errors = refusal.field_errors();
    if !errors.is_empty() {
        return errors.iter().any(|error| names_it(&error.field));
    }
    // Without a list of fields there is the sentence alone: "The email has already been taken."
    let message = refusal.message().unwrap_or_default();
    // "The referring customer key does not exist." is about the referrer.
    if message.to_ascii_lowercase().contains("refer") {
        return false;
    }
    let mut words = message.split(|char: char| char.is_whitespace() || char == ',');
    refusal.kind() == ErrorKind::Invalid && words.any(|word| names_it(word.trim_end_matches('.')))
}

/// The customer who has this e-mail address.
async fn holder_of(client: &Client, email: &str) -> Result<Option<Customer>, Error> {
    let is_holder = |customer: &Customer| {
        let theirs = customer.email.as_deref();
        theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(email))
    };
    search(client, &CustomerSelector::email(email), is_holder).await
}

async fn find(client: &Client, id: &str) -> Result<Option<Customer>, Error> {
    match client.customers().get(id).await {
        Ok(customer) => Ok(Some(customer)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a customer that was found by our identifier is ours. Partnero's path also takes keys and
/// e-mail addresses, so our identifier may be another customer's key. Some answers have no
/// identifier; then the key decides, or else the e-mail address.
fn is_same_customer(new: &NewCustomer, found: &Customer) -> bool {
    if let Some(id) = &found.id {
        return id == new.id();
    }
    if let (Some(ours), Some(theirs)) = (new.public_key(), &found.key) {
        return ours == theirs;
    }
    if let (Some(ours), Some(theirs)) = (new.email_address(), &found.email) {
        return ours.eq_ignore_ascii_case(theirs);
    }
    true
}

/// Whether Partnero knows no such referrer. A deleted customer refers nobody.
async fn is_unknown(client: &Client, referrer: &CustomerRef) -> Result<bool, Error> {
    let found = look_up(client, referrer).await?;
    Ok(found.is_none_or(|customer| customer.is_deleted()))
}

/// The customer of this name. Partnero's path also takes identifiers and e-mail addresses, so a
/// customer that is found by a key counts only if it has this key.
async fn look_up(client: &Client, name: &CustomerRef) -> Result<Option<Customer>, Error> {
    let found = if is_plain(name.as_str()) {
        find(client, name.as_str()).await?
    } else {
        let selector = name.clone().into();
        search(client, &selector, |customer| name.may_be(customer)).await?
    };
    Ok(found.filter(|customer| name.may_be(customer)))
}

/// Whether a name may stand in a path. Anybody can write `..` or an encoded `KEY/balance` into a
/// link, and some servers decode a path before they route it.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@+".contains(&byte);
    name.bytes().all(is_plain) && !["", ".", ".."].contains(&name)
}

/// Finds a customer by a query, in which any name may stand.
async fn search(
    client: &Client,
    name: &CustomerSelector,
    is_meant: impl Fn(&Customer) -> bool,
) -> Result<Option<Customer>, Error> {
    match client.customers().search(name).send().await {
        Ok(page) => Ok(page.items.into_iter().find(|found| is_meant(found))),
        // What Partnero finds invalid is no customer's name.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Compares the referrer that Partnero has recorded with ours. A failure here is
/// [`ExistingReferrer::Unknown`] and no error, because the customer exists.
async fn compare(
    client: &Client,
    referrer: Option<&CustomerRef>,
    customer: &Customer,
) -> ExistingReferrer {
    let Some(recorded) = &customer.referring_customer else {
        return match (referrer, customer.has_no_referrer()) {
            (None, true) => ExistingReferrer::Same,
            (Some(_), true) => ExistingReferrer::None,
            (_, false) => ExistingReferrer::Unknown,
        };
    };
    let Some(referrer) = referrer else {
        return ExistingReferrer::Other;
    };
    if recorded.is_named(referrer.as_str()) {
        return ExistingReferrer::Same;
    }
    // One customer can have many keys: the link's may be another than the recorded one.
    match find(client, referrer.as_str()).await {
        Ok(Some(found)) => match recorded.is_customer(&found) {
            Some(true) => ExistingReferrer::Same,
            Some(false) => ExistingReferrer::Other,
            None => ExistingReferrer::Unknown,
        },
        Ok(None) => ExistingReferrer::Other,
        Err(_) => ExistingReferrer::Unknown,
    }
}
