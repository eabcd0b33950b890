//! A refund: a sale is deleted at most once.

use super::sale::is_recorded;
use super::{Delivered, DeliveryError, is_refusal};
use crate::client::{Client, ErrorKind};

pub(super) async fn deliver(
    client: &Client,
    key: &str,
    again: bool,
) -> Result<Delivered, DeliveryError> {
    if again
        && !is_recorded(client, key)
            .await
            .map_err(DeliveryError::later)?
    {
        return Ok(Delivered::Refunded);
    }
    match client.transactions().delete(key).await {
        Ok(()) => Ok(Delivered::Refunded),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Delivered::NothingToRefund),
        Err(error) if is_refusal(error.kind()) => Err(DeliveryError::refused(error)),
        Err(error) => Err(DeliveryError::later(error)),
    }
}
