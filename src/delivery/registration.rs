//! Registers a customer at Partnero, with its referrer where possible, and says how that ended.
//!
//! Every call made here may be repeated without harm, so the whole may be repeated after any failure.

use crate::client::{CallSummary, Client, Customer, CustomerRef, Error, ErrorKind, NewCustomer};

/// A report that was handed over.
#[derive(Debug)]
pub(crate) struct Reported {
    pub(crate) registration: Registration,
    /// The customer as Partnero answered it; `None` if the report waits in the outbox.
    pub(crate) customer: Option<Customer>,
}

/// How a sign-up was registered: credited to its referrer or not, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registration {
    /// The customer was created and credited to the referrer.
    Referred,
    /// The customer was created without a referrer.
    Unreferred(UnreferredReason),
    /// Partnero had the customer before. Nothing was changed.
    Existing(ExistingReferrer),
    /// The report is in the outbox. A worker delivers it later.
    Enqueued,
}

/// Why a customer was created without a referrer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreferredReason {
    /// The visitor came without a referral.
    NotReferred,
    /// The visitor followed the customer's own link.
    SelfReferral,
    /// Partnero refused the referrer and has no such customer.
    UnknownReferrer,
    /// The referrer was sent, and Partnero's answer names no referrer.
    ReferrerIgnored,
}

/// The referrer that Partnero has recorded for a customer that it had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExistingReferrer {
    /// The referrer of this sign-up; or no referrer, and this sign-up has none either. Most likely an
    /// earlier report arrived and its answer was lost.
    Same,
    /// Another referrer.
    Other,
    /// No referrer, although this sign-up has one. Whether Partnero lets a referrer be added later is
    /// not documented, so that is not tried.
    None,
    /// Partnero's answers do not say.
    Unknown,
}

impl Registration {
    /// A short name, for a log field or the label of a counter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Referred => "referred",
            Self::Unreferred(UnreferredReason::NotReferred) => "not_referred",
            Self::Unreferred(UnreferredReason::SelfReferral) => "self_referral",
            Self::Unreferred(UnreferredReason::UnknownReferrer) => "unknown_referrer",
            Self::Unreferred(UnreferredReason::ReferrerIgnored) => "referrer_ignored",
            Self::Enqueued => "enqueued",
            Self::Existing(ExistingReferrer::Same) => "existing_same_referrer",
            Self::Existing(ExistingReferrer::Other) => "existing_other_referrer",
            Self::Existing(ExistingReferrer::None) => "existing_no_referrer",
            Self::Existing(ExistingReferrer::Unknown) => "existing_unknown_referrer",
        }
    }
}

/// Why a customer was not registered.
pub(super) enum RegisterError {
    Failed(Error),
    /// Partnero does not know the referrer, and the caller wants to keep the referrer.
    UnknownReferrer(Error),
}

impl From<Error> for RegisterError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl RegisterError {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Failed(error) | Self::UnknownReferrer(error) => error,
        }
    }
}

/// Creates the customer with its referrer. If Partnero does not know the referrer, the customer is
/// created without, or with `keep_referrer` not at all.
pub(super) async fn register(
    client: &Client,
    new: NewCustomer,
    keep_referrer: bool,
) -> Result<Reported, RegisterError> {
    let (new, reason) = drop_self_referral(new);
    let refusal = match create(client, &new).await {
        Ok(customer) => return Ok(created(client, &new, customer, reason).await),
        Err(error) if is_refusal(&error) => error,
        Err(error) => return Err(error.into()),
    };
    // How Partnero refuses a duplicate or an unknown referrer is not documented. So the refusal is
    // not interpreted: Partnero is asked for the customer, and then for the referrer.
    if let Some(customer) = find(client, new.id()).await?
        && is_same_customer(&new, &customer)
    {
        let referrer = compare(client, new.referrer(), &customer).await;
        return Ok(Reported {
            registration: Registration::Existing(referrer),
            customer: Some(customer),
        });
    }
    if let Some(referrer) = new.referrer()
        && is_unknown(client, referrer).await?
    {
        if keep_referrer {
            return Err(RegisterError::UnknownReferrer(refusal));
        }
        let customer = create(client, &new.without_referrer()).await?;
        return Ok(Reported {
            registration: Registration::Unreferred(UnreferredReason::UnknownReferrer),
            customer: Some(customer),
        });
    }
    Err(refusal.into())
}

/// Removes a referrer that is the customer itself, by identifier or key.
fn drop_self_referral(new: NewCustomer) -> (NewCustomer, UnreferredReason) {
    let is_own = |referrer: &CustomerRef| {
        let referrer = referrer.as_str();
        referrer == new.id() || Some(referrer) == new.public_key()
    };
    if new.referrer().is_some_and(is_own) {
        (new.without_referrer(), UnreferredReason::SelfReferral)
    } else {
        (new, UnreferredReason::NotReferred)
    }
}

/// Creates the customer. Partnero may answer with success and an existing customer who has the same
/// e-mail address under another identifier. Then nobody has our identifier: that is a conflict.
async fn create(client: &Client, new: &NewCustomer) -> Result<Customer, Error> {
    let customer = client.customers().create(new).await?;
    if is_same_customer(new, &customer) {
        return Ok(customer);
    }
    match find(client, new.id()).await? {
        Some(found)
            if !found.is_deleted() && (&found.id, &found.key) == (&customer.id, &customer.key) =>
        {
            Ok(customer)
        }
        _ => Err(
            Error::new(ErrorKind::Conflict, &CallSummary::create_customer())
                .with_message("the answer is about a customer with another id"),
        ),
    }
}

/// Whether Partnero has surely done nothing, and would answer the same again.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Invalid
    )
}

/// What a success means: Partnero may have ignored the referrer, or answered with a customer that
/// existed before.
async fn created(
    client: &Client,
    new: &NewCustomer,
    customer: Customer,
    reason: UnreferredReason,
) -> Reported {
    let registration = if new.referrer().is_none() {
        Registration::Unreferred(reason)
    } else {
        match compare(client, new.referrer(), &customer).await {
            ExistingReferrer::Same | ExistingReferrer::Unknown => Registration::Referred,
            ExistingReferrer::None => Registration::Unreferred(UnreferredReason::ReferrerIgnored),
            other => Registration::Existing(other),
        }
    };
    Reported {
        registration,
        customer: Some(customer),
    }
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
/// identifier; then the key decides, or else the e-mail address. A deleted customer is nobody's, and
/// an answer without any name is about nobody.
fn is_same_customer(new: &NewCustomer, found: &Customer) -> bool {
    if found.is_deleted() || !found.is_named() {
        return false;
    }
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

/// Whether Partnero knows no such referrer. Partnero's path also takes identifiers and e-mail
/// addresses, so a customer that is found by a key counts only if it has this key.
async fn is_unknown(client: &Client, referrer: &CustomerRef) -> Result<bool, Error> {
    let found = if is_plain(referrer.as_str()) {
        find(client, referrer.as_str()).await?
    } else {
        search(client, referrer).await?
    };
    Ok(found.is_none_or(|customer| customer.is_deleted() || !referrer.may_be(&customer)))
}

/// Whether a name may stand in a path. Anybody can write `..` or an encoded `KEY/balance` into a
/// link, and some servers decode a path before they route it.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@+".contains(&byte);
    name.bytes().all(is_plain) && !["", ".", ".."].contains(&name)
}

/// Finds a customer by a query, in which any name may stand.
async fn search(client: &Client, referrer: &CustomerRef) -> Result<Option<Customer>, Error> {
    match client
        .customers()
        .search(&referrer.clone().into())
        .send()
        .await
    {
        Ok(page) => {
            let mut found = page.items.into_iter();
            Ok(found.find(|customer| referrer.may_be(customer)))
        }
        // A key that Partnero finds invalid is no customer's key.
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
