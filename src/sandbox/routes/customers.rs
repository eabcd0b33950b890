//! Reading customers and what belongs to them.

use super::call::Call;
use super::views;
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::customers::{Customer, Serial};
use crate::sandbox::json::Json;
use crate::sandbox::world::World;

/// `GET /v1/customers/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Outcome {
    answer(world, call.customer(world)?)
}

/// `GET /v1/customers/{id}/referrals`
pub(super) fn referrals(world: &mut World, call: &Call) -> Outcome {
    let customer = get(world, call.customer(world)?)?;
    let referrals = customer.referrals.iter();
    let referrals: Vec<Json> = referrals
        .filter_map(|serial| world.customers.get(*serial))
        .map(views::referral)
        .collect();
    Ok(Answer::Data(referrals.into()))
}

pub(super) fn answer(world: &World, serial: Serial) -> Outcome {
    let customer = get(world, serial)?;
    Ok(Answer::Data(views::customer(world, customer)))
}

fn get(world: &World, serial: Serial) -> Result<&Customer, Refusal> {
    let customer = world.customers.get(serial);
    customer.ok_or_else(|| Refusal::not_found("Customer not found."))
}
