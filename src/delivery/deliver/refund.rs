//! A refund: a sale is deleted at most once.

use super::sale::is_recorded;
use super::{DeliveryError, Receipt, is_refusal};
use crate::client::{Client, Error, ErrorKind};

pub(super) async fn deliver(
    client: &Client,
    key: &str,
    again: bool,
) -> Result<Receipt, DeliveryError> {
    if again
        && !is_recorded(client, key)
            .await
            .map_err(DeliveryError::later)?
    {
        return Ok(Receipt::Refunded);
    }
    match client.transactions().delete(key).await {
        Ok(()) => Ok(Receipt::Refunded),
        Err(error) if error.kind() == ErrorKind::NotFound => not_found(client, key, error).await,
        Err(error) if is_refusal(error.kind()) => Err(DeliveryError::refused(error)),
        Err(error) => Err(DeliveryError::later(error)),
    }
}

/// Nothing of this key is there, or nothing listens at this path: Partnero's own plugin found it
/// not to work. What is still on record was not refunded.
async fn not_found(client: &Client, key: &str, refusal: Error) -> Result<Receipt, DeliveryError> {
    match is_recorded(client, key).await {
        Ok(false) => Ok(Receipt::NothingToRefund),
        Ok(true) => Err(DeliveryError::refused(refusal).with_note("the sale is still on record")),
        Err(error) => Err(DeliveryError::later(error)),
    }
}
