//! A sale: sent at most once, as far as the API lets anybody see.

use super::{DeliveryError, Receipt, is_refusal};
use crate::client::{Buyer, Client, Error, ErrorKind, NewTransaction};
use crate::delivery::report::Sale;

pub(super) async fn deliver(
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
    let buyer = Buyer::id(&sale.customer);
    match client
        .transactions()
        .create(&buyer, &transaction(&sale))
        .await
    {
        Ok(_) => Ok(Receipt::Recorded),
        Err(error) if is_refusal(error.kind()) => refused(client, &sale, referred, error).await,
        Err(error) => Err(DeliveryError::later(error)),
    }
}

fn transaction(sale: &Sale) -> NewTransaction {
    // Some sources require an action, and all that name a default name this one.
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
pub(super) async fn is_recorded(client: &Client, key: &str) -> Result<bool, Error> {
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
    // Others were listed, so the filter was not understood.
    match client.transactions().get(key).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A refusal may mean that the sale is there, or that sales of this customer are not wanted.
/// Neither is a failure.
async fn refused(
    client: &Client,
    sale: &Sale,
    referred: Option<bool>,
    refusal: Error,
) -> Result<Receipt, DeliveryError> {
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
            Ok(customer) => customer.has_no_referrer(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(DeliveryError::later(error)),
        },
    };
    if is_unreferred {
        return Ok(Receipt::NotReferred);
    }
    Err(DeliveryError::refused(refusal))
}
