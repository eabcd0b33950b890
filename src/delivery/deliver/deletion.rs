//! The deletion of a customer. To repeat it does no harm.

use super::{DeliveryError, Receipt, is_refusal};
use crate::client::{Client, Customer, CustomerSelector, Error, ErrorKind};
use crate::delivery::referrer::{find, search};
use crate::referral::ProgramKind;

pub(super) async fn delete(client: &Client, id: &str) -> Result<Receipt, DeliveryError> {
    // Partnero's path also finds a customer by key or e-mail address, so it is not deleted unseen.
    match find(client, id).await.map_err(failed)? {
        Some(found) if is_another(client.program_kind(), &found, id) => {
            return behind_another(client, id).await;
        }
        Some(found) if !found.is_deleted() => {}
        _ => return Ok(Receipt::NothingToDelete),
    }
    match client.customers().delete(id).await {
        Ok(()) => Ok(Receipt::Deleted),
        // Somebody else was faster, or an earlier attempt.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Receipt::Deleted),
        Err(error) => Err(failed(error)),
    }
}

/// The path finds another customer, whose key or e-mail address is our identifier. If Partnero has our
/// customer, too, no call names that customer alone: a person must see to it.
async fn behind_another(client: &Client, id: &str) -> Result<Receipt, DeliveryError> {
    let program = client.program_kind();
    let selector = match program {
        ProgramKind::ReferAFriend => CustomerSelector::id(id),
        ProgramKind::Affiliate => CustomerSelector::key(id),
    };
    let is_ours = |found: &Customer| names(program, found) == Some(id) && !found.is_deleted();
    match search(client, &selector, is_ours).await.map_err(failed)? {
        None => Ok(Receipt::NothingToDelete),
        Some(_) => Err(DeliveryError::name_shared()),
    }
}

/// The name that the answer gives for the app's own identifier.
fn names(program: ProgramKind, found: &Customer) -> Option<&str> {
    match program {
        ProgramKind::ReferAFriend => found.id.as_deref(),
        ProgramKind::Affiliate => found.key.as_deref(),
    }
}

/// Whether the answer says that this is another customer. An answer without the identifier is believed,
/// because some sources show such answers.
fn is_another(program: ProgramKind, found: &Customer, id: &str) -> bool {
    names(program, found).is_some_and(|name| name != id)
}

fn failed(error: Error) -> DeliveryError {
    if is_refusal(error.kind()) {
        DeliveryError::refused(error)
    } else {
        DeliveryError::later(error)
    }
}
