//! Creating customers, by themselves or by an invitation.

use super::call::Call;
use super::registration::{Registration, taken_fields};
use super::views;
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::customer::Serial;
use crate::sandbox::input::Input;
use crate::sandbox::switches::{DuplicateCustomer, InviteAnswer};
use crate::sandbox::world::World;

/// `POST /v1/customers`
pub(super) fn create(world: &mut World, call: &Call) -> Outcome {
    let mut input = Input::new(call.body()?);
    let wanted = Registration::read(&mut input, "");
    wanted.require_email(&mut input, world, "");
    input.finish()?;
    if let Some(existing) = existing(world, &wanted)? {
        return Ok(Answer::Data(views::customer(world, existing)));
    }
    let serial = wanted.insert(world)?;
    Ok(Answer::Created(views::customer(world, serial)))
}

/// `POST /v1/customers:invite`
///
/// Partnero sends an e-mail (PHP); the sandbox does not. That the invited person becomes a
/// customer, and that one who is a customer already can be invited, is assumed.
pub(super) fn invite(world: &mut World, call: &Call) -> Outcome {
    let mut input = Input::new(call.body()?);
    let wanted = Registration::read(&mut input, "");
    input.required("email", wanted.email.as_ref());
    input.is_object("personalization");
    input.finish()?;

    let email = wanted.email.as_deref().unwrap_or_default();
    let serial = match world.customers.by_email(email) {
        Some(known) => known,
        None => match existing(world, &wanted)? {
            Some(existing) => existing,
            None => wanted.insert(world)?,
        },
    };
    Ok(match world.switches.invite_answer {
        InviteAnswer::Customer => Answer::Data(views::customer(world, serial)),
        InviteAnswer::StatusOnly => Answer::Done,
    })
}

/// The customer that has what should be new, where the switch says that this is no mistake.
fn existing(world: &World, wanted: &Registration) -> Result<Option<Serial>, Refusal> {
    let taken = wanted.taken(world);
    let Some((_, holder)) = taken.first() else {
        return Ok(None);
    };
    match world.switches.duplicate_customer {
        DuplicateCustomer::Unprocessable => Err(taken_fields(&taken)),
        DuplicateCustomer::Conflict => Err(Refusal::conflict("The customer exists already.")),
        DuplicateCustomer::Existing => Ok(Some(*holder)),
    }
}
