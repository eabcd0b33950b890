//! A sign-up: the ladder, climbed as often as it takes.

use super::{DeliveryError, Receipt, is_refusal};
use crate::client::{Client, NewCustomer};
use crate::delivery::ladder::{self, Fall};

pub(super) async fn deliver(
    client: &Client,
    new: NewCustomer,
    keep_referrer: bool,
) -> Result<Receipt, DeliveryError> {
    match ladder::climb(client, new, keep_referrer).await {
        Ok(registered) => Ok(Receipt::Customer(registered.registration)),
        Err(Fall::UnknownReferrer(error)) => Err(DeliveryError::later(error)
            .with_note("Partnero does not know the referrer, who may still come")),
        Err(Fall::Failed(error)) if is_refusal(error.kind()) => Err(DeliveryError::refused(error)),
        Err(Fall::Failed(error)) => Err(DeliveryError::later(error)),
    }
}
