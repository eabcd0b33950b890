//! Sales, refunds and credits: each is sent at most once, as far as the API shows.

use super::{DeliveryError, Receipt, is_refusal};
use crate::client::{Buyer, Client, Error, ErrorKind, NewTransaction};
use crate::delivery::report::{Credit, Sale};
use crate::referral::ProgramKind;

pub(super) async fn sale(
    client: &Client,
    sale: Sale,
    again: bool,
    referred: Option<bool>,
) -> Result<Receipt, DeliveryError> {
    if again
        && is_recorded(client, &sale.key)
            .await
            .map_err(DeliveryError::later)?
    {
        return Ok(Receipt::AlreadyRecorded);
    }
    // Partnero could also record the sale for nobody, because it does not have this customer.
    if referred == Some(false) && client.program_kind() == ProgramKind::Affiliate {
        return Ok(Receipt::NotReferred);
    }
    let buyer = Buyer::id(&sale.customer);
    match client
        .transactions()
        .create(&buyer, &transaction(&sale))
        .await
    {
        Ok(_) => Ok(Receipt::Recorded),
        Err(error) if is_refusal(error.kind()) => {
            sale_refused(client, &sale, referred, error).await
        }
        Err(error) => Err(DeliveryError::later(error)),
    }
}

fn transaction(sale: &Sale) -> NewTransaction {
    // Some sources of Partnero's API require an action, and all that name a default name this one.
    let action = sale.action.as_deref().unwrap_or("sale");
    let mut transaction = NewTransaction::new(&sale.key, sale.money.amount).action(action);
    if let Some(unit) = &sale.money.unit {
        transaction = transaction.unit(unit);
    }
    if let Some(id) = &sale.product_id {
        transaction = transaction.product_id(id);
    }
    if let Some(kind) = &sale.product_type {
        transaction = transaction.product_type(kind);
    }
    transaction
}

/// Whether Partnero has a transaction of this key.
async fn is_recorded(client: &Client, key: &str) -> Result<bool, Error> {
    let page = client.transactions().list().key(key).send().await?;
    if page
        .items
        .iter()
        .any(|found| found.key.as_deref() == Some(key))
    {
        return Ok(true);
    }
    if page.items.is_empty() {
        return Ok(false);
    }
    // Other transactions were listed: Partnero has ignored the filter.
    match client.transactions().get(key).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        // A path may find a transaction by another name than its key. That does not tell whether
        // there is one with this key.
        Err(error) if error.kind() == ErrorKind::Decode => is_listed(client, key).await,
        Err(error) => Err(error),
    }
}

/// Whether a transaction of this key is on any page of the list.
async fn is_listed(client: &Client, key: &str) -> Result<bool, Error> {
    // However many pages there are, they take no longer than one call may.
    let client = client.within_one_deadline();
    let mut listed = client.transactions().list().key(key).stream();
    while let Some(found) = listed.next().await {
        if found?.key.as_deref() == Some(key) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A refused sale is delivered if Partnero already has it, or if nobody referred the customer:
/// Partnero may not take such sales.
async fn sale_refused(
    client: &Client,
    sale: &Sale,
    referred: Option<bool>,
    refusal: Error,
) -> Result<Receipt, DeliveryError> {
    // No source says how Partnero refuses a key that it has already, so it is asked what it has.
    if matches!(refusal.kind(), ErrorKind::Conflict | ErrorKind::Invalid)
        && is_recorded(client, &sale.key)
            .await
            .map_err(DeliveryError::later)?
    {
        return Ok(Receipt::AlreadyRecorded);
    }
    let is_unreferred = match referred {
        Some(referred) => !referred,
        None => match client.customers().get(&sale.customer).await {
            Ok(customer) => match client.program_kind() {
                ProgramKind::ReferAFriend => customer.has_no_referrer(),
                ProgramKind::Affiliate => customer.has_no_partner(),
            },
            // An affiliate program has only customers whom a partner brought.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                client.program_kind() == ProgramKind::Affiliate
            }
            Err(error) => return Err(DeliveryError::later(error)),
        },
    };
    if is_unreferred {
        return Ok(Receipt::NotReferred);
    }
    Err(DeliveryError::refused(refusal))
}

pub(super) async fn refund(
    client: &Client,
    key: &str,
    again: bool,
) -> Result<Receipt, DeliveryError> {
    if again
        && !is_recorded(client, key)
            .await
            .map_err(DeliveryError::later)?
    {
        // The earlier attempt, whose answer was lost, has deleted the sale.
        return Ok(Receipt::Refunded);
    }
    match client.transactions().delete(key).await {
        Ok(()) => Ok(Receipt::Refunded),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            refund_found_nothing(client, key, error).await
        }
        Err(error) if is_refusal(error.kind()) => Err(DeliveryError::refused(error)),
        Err(error) => Err(DeliveryError::later(error)),
    }
}

/// A 404 to a refund means that there is no such sale, or that Partnero has no such path: its own
/// plugin once found the path not to work. So the sale is looked up.
async fn refund_found_nothing(
    client: &Client,
    key: &str,
    refusal: Error,
) -> Result<Receipt, DeliveryError> {
    match is_recorded(client, key).await {
        Ok(false) => Ok(Receipt::NothingToRefund),
        Ok(true) => Err(DeliveryError::refused(refusal).with_note("the sale is still at Partnero")),
        Err(error) => Err(DeliveryError::later(error)),
    }
}

pub(super) async fn credit(
    client: &Client,
    credit: &Credit,
    again: bool,
) -> Result<Receipt, DeliveryError> {
    if again {
        // Partnero has no list in which a credit could be looked up by a name of ours.
        return Err(DeliveryError::parked(None));
    }
    match client
        .customers()
        .credit(&credit.customer, &credit.money)
        .await
    {
        Ok(_) => Ok(Receipt::Credited),
        Err(error) if error.kind().leaves_doubt() => Err(DeliveryError::parked(Some(error))),
        Err(error) if is_refusal(error.kind()) => Err(DeliveryError::refused(error)),
        Err(error) => Err(DeliveryError::later(error)),
    }
}
