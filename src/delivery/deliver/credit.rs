//! A credit: what cannot be looked up is never sent twice by a machine.

use super::{DeliveryError, Receipt, is_refusal};
use crate::client::Client;
use crate::delivery::report::Credit;

pub(super) async fn deliver(
    client: &Client,
    credit: &Credit,
    again: bool,
) -> Result<Receipt, DeliveryError> {
    if again {
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
