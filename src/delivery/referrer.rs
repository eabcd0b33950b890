//! Whom a sign-up is credited to, and what Partnero knows of that customer or partner.

#[cfg(feature = "outbox")]
use super::refusal::is_refusal;
use super::registration::{CreditedKey, ExistingReferrer};
use crate::client::{
    Client, Customer, CustomerRef, CustomerSelector, Error, ErrorKind, NewCustomer, Partner,
    PartnerRef,
};
#[cfg(feature = "inviter")]
use crate::referral::ReferralKey;

/// How many earlier links of a visitor are tried.
const MOST_RUNNERS_UP: usize = 3;

/// What programs take along that turn the text around a link into a part of the link.
const PUNCTUATION: &[char] = &[
    '.', ',', ';', ':', '!', '?', '\'', '"', '`', '*', '_', '|', '(', ')', '[', ']', '{', '}', '<',
    '>', '«', '»', '“', '”', '„', '‘', '’', '…',
];

/// Whom a sign-up may be credited to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Referrer {
    /// A customer of a refer-a-friend program.
    Customer(CustomerRef),
    /// A partner of an affiliate program.
    Partner(PartnerRef),
}

/// The referrers to try, in their order: the referral that counts, its key without punctuation, and
/// the earlier links of the visitor. Nobody refers themselves.
pub(super) fn candidates(new: &NewCustomer) -> Vec<(Referrer, CreditedKey)> {
    let first = match (new.bringing_partner(), new.referrer()) {
        (Some(partner), _) => Referrer::Partner(partner.clone()),
        (None, Some(customer)) => Referrer::Customer(customer.clone()),
        (None, None) => return Vec::new(),
    };
    let mut candidates: Vec<(Referrer, CreditedKey)> = Vec::new();
    let mut add = |candidate: Referrer, credited| {
        let name = candidate.as_str();
        // A partner is no customer, also with a name that is equal to a customer's.
        let is_own = matches!(candidate, Referrer::Customer(_))
            && (name == new.id() || Some(name) == new.public_key());
        // The same key may stand in several links, and with or without punctuation. Each name is
        // asked for once.
        if !is_own && candidates.iter().all(|(known, _)| *known != candidate) {
            candidates.push((candidate, credited));
        }
    };
    add(first.clone(), CreditedKey::AsGiven);
    if let Some(trimmed) = first.as_key().and_then(without_punctuation) {
        add(first.with_key(trimmed), CreditedKey::Trimmed);
    }
    for key in new.other_referrers().iter().take(MOST_RUNNERS_UP) {
        add(first.with_key(key.as_str()), CreditedKey::RunnerUp);
    }
    candidates
}

/// The key without the punctuation around it, if it has some and there is more.
fn without_punctuation(key: &str) -> Option<&str> {
    let trimmed = key.trim_matches(PUNCTUATION);
    (!trimmed.is_empty() && trimmed != key).then_some(trimmed)
}

/// The keys of a visitor, in the order in which the visitor's sign-up tries them.
#[cfg(feature = "inviter")]
pub(crate) fn keys_to_try(key: &ReferralKey, runners_up: &[ReferralKey]) -> Vec<ReferralKey> {
    let trimmed = without_punctuation(key.as_str());
    let trimmed = trimmed.and_then(|key| key.parse().ok());
    let runners_up = runners_up.iter().take(MOST_RUNNERS_UP).cloned();
    let mut keys = vec![key.clone()];
    for other in trimmed.into_iter().chain(runners_up) {
        if !keys.contains(&other) {
            keys.push(other);
        }
    }
    keys
}

/// The referrer whose own sign-up should arrive before this one: Partnero does not know the
/// referrer, and that sign-up is one of the `pending` ones. If Partnero knows a candidate before,
/// nobody is waited for, so that nobody can hold back another's friends by claiming the same key.
#[cfg(feature = "outbox")]
pub(super) async fn awaited(
    client: &Client,
    new: &NewCustomer,
    pending: &[CustomerRef],
) -> Result<Option<CustomerRef>, Error> {
    if pending.is_empty() {
        return Ok(None);
    }
    for (candidate, _) in candidates(new) {
        let is_pending = |name: &&CustomerRef| pending.contains(name);
        let name = candidate.as_customer().filter(is_pending);
        match (candidate.is_unknown(client).await, name) {
            (Ok(true), Some(name)) => return Ok(Some(name.clone())),
            (Ok(true), None) => {}
            (Ok(false), _) => return Ok(None),
            (Err(error), _) if is_refusal(&error) => {}
            (Err(error), _) => return Err(error),
        }
    }
    Ok(None)
}

impl Referrer {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Customer(customer) => customer.as_str(),
            Self::Partner(partner) => partner.as_str(),
        }
    }

    pub(crate) fn as_customer(&self) -> Option<&CustomerRef> {
        match self {
            Self::Customer(customer) => Some(customer),
            Self::Partner(_) => None,
        }
    }

    pub(crate) fn as_partner(&self) -> Option<&PartnerRef> {
        match self {
            Self::Customer(_) => None,
            Self::Partner(partner) => Some(partner),
        }
    }

    fn as_key(&self) -> Option<&str> {
        match self {
            Self::Customer(customer) => customer.as_key(),
            Self::Partner(partner) => partner.as_key(),
        }
    }

    /// Another referrer of the same kind.
    fn with_key(&self, key: &str) -> Self {
        match self {
            Self::Customer(_) => Self::Customer(CustomerRef::key(key)),
            Self::Partner(_) => Self::Partner(PartnerRef::key(key)),
        }
    }

    /// The report with this referrer alone.
    pub(super) fn of(&self, new: &NewCustomer) -> NewCustomer {
        match self {
            Self::Customer(customer) => new.referred_by(Some(customer.clone())),
            Self::Partner(partner) => new.brought_by(partner.clone()),
        }
    }

    /// Whether Partnero knows no such referrer. A deleted customer and an archived partner refer
    /// nobody.
    pub(super) async fn is_unknown(&self, client: &Client) -> Result<bool, Error> {
        Ok(match self {
            Self::Customer(customer) => look_up(client, customer)
                .await?
                .is_none_or(|customer| customer.is_deleted()),
            Self::Partner(partner) => look_up_partner(client, partner)
                .await?
                .is_none_or(|partner| partner.is_gone()),
        })
    }

    /// Whether an answer names this referrer as the one of `customer`.
    pub(super) fn is_recorded_for(&self, customer: &Customer) -> bool {
        match self {
            Self::Customer(referrer) => customer
                .referring_customer
                .as_ref()
                .is_some_and(|recorded| recorded.is_named(referrer.as_str())),
            Self::Partner(partner) => customer.partner.as_deref() == Some(partner.as_str()),
        }
    }

    /// What the answer to a customer's creation says of this referrer. For a partner Partnero is not
    /// asked once more: the answer names the partner by another name than a link does, and a
    /// customer who exists is refused, not answered.
    pub(super) async fn credited(&self, client: &Client, customer: &Customer) -> ExistingReferrer {
        match self {
            Self::Customer(referrer) => compare(client, Some(referrer), customer).await,
            Self::Partner(_) if customer.has_no_partner() => ExistingReferrer::None,
            Self::Partner(_) => ExistingReferrer::Unknown,
        }
    }

    /// Compares the referrer that Partnero has recorded for `customer` with this one, by another name
    /// than the one that [`is_recorded_for`](Self::is_recorded_for) looks for.
    pub(super) async fn compare(&self, client: &Client, customer: &Customer) -> ExistingReferrer {
        let partner = match self {
            Self::Customer(referrer) => return compare(client, Some(referrer), customer).await,
            Self::Partner(partner) => partner,
        };
        let Some(recorded) = &customer.partner else {
            return if customer.has_no_partner() {
                ExistingReferrer::None
            } else {
                ExistingReferrer::Unknown
            };
        };
        match look_up_partner(client, partner).await {
            Ok(Some(found)) => {
                let names = [&found.id, &found.key, &found.email];
                if names.contains(&&Some(recorded.clone())) {
                    ExistingReferrer::Same
                } else {
                    ExistingReferrer::Other
                }
            }
            Ok(None) => ExistingReferrer::Other,
            Err(_) => ExistingReferrer::Unknown,
        }
    }
}

pub(super) async fn find(client: &Client, id: &str) -> Result<Option<Customer>, Error> {
    match client.customers().get(id).await {
        Ok(customer) => Ok(Some(customer)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The customer of this name. Partnero's path also takes identifiers and e-mail addresses, so a
/// customer that is found by a key counts only if it has this key.
pub(crate) async fn look_up(
    client: &Client,
    name: &CustomerRef,
) -> Result<Option<Customer>, Error> {
    let found = if is_plain(name.as_str()) {
        find(client, name.as_str()).await?
    } else {
        let selector = name.clone().into();
        search(client, &selector, |customer| name.may_be(customer)).await?
    };
    Ok(found.filter(|customer| name.may_be(customer)))
}

pub(crate) async fn look_up_partner(
    client: &Client,
    name: &PartnerRef,
) -> Result<Option<Partner>, Error> {
    match client.partners().get_any(name).await {
        Ok(partner) => Ok(Some(partner).filter(|partner| name.may_be(partner))),
        // What Partnero finds invalid is no partner's name. Which status it answers is not documented.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Rejected
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether a name may stand in a path. Anybody can write `..` or an encoded `KEY/balance` into a
/// link, and some servers decode a path before they route it.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@+".contains(&byte);
    name.bytes().all(is_plain) && !["", ".", ".."].contains(&name)
}

/// Finds a customer by a query, in which any name may stand.
pub(super) async fn search(
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
pub(super) async fn compare(
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

#[cfg(all(test, feature = "inviter", feature = "outbox", feature = "sandbox"))]
mod tests {
    use http::Method;

    use super::*;
    use crate::client::ApiKey;
    use crate::sandbox::{Fault, Sandbox};

    #[test]
    fn a_key_in_several_links_is_tried_once() {
        let keys = |keys: &[&str]| -> Vec<ReferralKey> {
            keys.iter().map(|key| key.parse().unwrap()).collect()
        };
        let key = keys(&["anna."]).remove(0);
        let tried = keys_to_try(&key, &keys(&["anna", "ben", "ben"]));
        assert_eq!(tried, keys(&["anna.", "anna", "ben"]));
    }

    /// Anna's own sign-up is on its way, or nobody's is.
    #[tokio::test]
    async fn a_referrer_is_awaited_whom_partnero_surely_does_not_know() {
        let anna = CustomerRef::key("anna-7");
        let ben = NewCustomer::new(2).referring_customer(anna.clone());
        for (answer, is_pending, expected) in [
            (404, true, Ok(Some(anna.clone()))),
            (400, true, Ok(None)),
            (503, true, Err(ErrorKind::Server)),
            (503, false, Ok(None)),
        ] {
            let sandbox = Sandbox::start().await.unwrap();
            let answer = Fault::status(answer).on(Method::GET, "/v1/customers/anna-7");
            sandbox.inject(answer);
            let client = Client::builder(ApiKey::new(sandbox.api_key()).unwrap())
                .base_url(sandbox.base_url())
                .retries(0)
                .build()
                .unwrap();
            let pending = is_pending.then(|| anna.clone());
            let awaited = awaited(&client, &ben, pending.as_slice()).await;
            assert_eq!(awaited.map_err(|error| error.kind()), expected);
        }
    }
}
