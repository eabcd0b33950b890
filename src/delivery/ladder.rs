//! The ladder: every way in which a customer can come to be known at Partnero.
//!
//! Each call on it may be repeated without harm, so that the whole ladder may be climbed again
//! after any failure.

use super::registration::{ExistingReferrer, Registration, Reported, UnreferredReason};
use crate::client::{CallSummary, Client, Customer, CustomerRef, Error, ErrorKind, NewCustomer};

/// Why the ladder was not climbed to its end.
pub(super) enum Fall {
    Failed(Error),
    /// Partnero refused the referrer and knows no such customer, and the caller would not go on
    /// without.
    UnknownReferrer(Error),
}

impl From<Error> for Fall {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Fall {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Failed(error) | Self::UnknownReferrer(error) => error,
        }
    }
}

/// Creates the customer, with its referrer if that is possible, and says how far that went.
pub(super) async fn climb(
    client: &Client,
    new: NewCustomer,
    keep_referrer: bool,
) -> Result<Reported, Fall> {
    let (new, reason) = drop_self_referral(new);
    let refusal = match create(client, &new).await {
        Ok(customer) => return Ok(created(client, &new, customer, reason).await),
        Err(error) if is_refusal(&error) => error,
        Err(error) => return Err(error.into()),
    };
    // What Partnero answers to a duplicate or to an unknown referrer is not documented; what it
    // knows can be asked.
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
            return Err(Fall::UnknownReferrer(refusal));
        }
        let customer = create(client, &new.without_referrer()).await?;
        return Ok(Reported {
            registration: Registration::Unreferred(UnreferredReason::UnknownReferrer),
            customer: Some(customer),
        });
    }
    Err(refusal.into())
}

/// A customer's own key or identifier refers nobody.
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

/// Creates the customer. A success may be about somebody who was there with the same e-mail address
/// under another identifier: then nobody goes by ours, and that is a conflict.
async fn create(client: &Client, new: &NewCustomer) -> Result<Customer, Error> {
    let customer = client.customers().create(new).await?;
    if is_same_customer(new, &customer) {
        return Ok(customer);
    }
    match find(client, new.id()).await? {
        Some(found) if (&found.id, &found.key) == (&customer.id, &customer.key) => Ok(customer),
        _ => Err(
            Error::new(ErrorKind::Conflict, &CallSummary::create_customer())
                .with_message("the answer is about a customer with another id"),
        ),
    }
}

/// An answer by which Partnero has surely done nothing, and which trying again will not change.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Invalid
    )
}

/// A success may still have ignored the referrer, or have answered with a customer that was there.
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

/// The path takes keys and e-mail addresses, too, so what was found under our identifier may be
/// somebody else whose key it is. Some answers have no identifier: then the first other name
/// that both have decides.
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

/// Whether Partnero knows no customer who could be meant. The path takes identifiers and e-mail
/// addresses, too, so what is found under a key has to be a customer of that key.
async fn is_unknown(client: &Client, referrer: &CustomerRef) -> Result<bool, Error> {
    let found = if is_plain(referrer.as_str()) {
        find(client, referrer.as_str()).await?
    } else {
        search(client, referrer).await?
    };
    Ok(found.is_none_or(|customer| customer.is_deleted() || !referrer.may_be(&customer)))
}

/// Whether every server reads a path with this name in it in the same way. Anybody can put `..`,
/// or `KEY/balance` by whatever encoding, into a link, and some decode a path before they route it.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@+".contains(&byte);
    name.bytes().all(is_plain) && !["", ".", ".."].contains(&name)
}

/// The same by a query, which has room for every name.
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
        // What nobody can be called, nobody is called.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says whose referral Partnero has on record. What it cannot find out is unknown, and fails
/// nothing: the customer is there.
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
