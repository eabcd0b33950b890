//! The customers that a customer has referred.

use super::call::Call;
use super::{paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::customer::Customer;
use crate::sandbox::json::Json;
use crate::sandbox::switches::ReferralsForm;
use crate::sandbox::world::World;

/// `GET /v1/customers/{id}/referrals`
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let customer = call.customer(world)?;
    let customer = world.customers.get(customer);
    let referrals = customer.map_or(&[][..], |customer| customer.referrals.as_slice());
    let referrals = referrals
        .iter()
        .filter_map(|serial| world.customers.get(*serial));
    let all = |referrals: &mut dyn Iterator<Item = &Customer>| {
        Json::from(referrals.map(views::referral).collect::<Vec<_>>())
    };
    match world.switches.referrals_form {
        ReferralsForm::Paged => paging::list(world, call, referrals, views::referral),
        ReferralsForm::Whole => Ok(Answer::Data(all(&mut { referrals }))),
        ReferralsForm::Nested => {
            let data = all(&mut { referrals });
            Ok(Answer::Data(Json::object([("data", data)])))
        }
    }
}

/// `GET /v1/customers/{id}/stats`
///
/// No source shows the answer; these fields are those that K expects. The sandbox sees no clicks.
pub(super) fn stats(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let customer = call.customer(world)?;
    let customer = world.customers.get(customer);
    let count = customer.map_or(0, |customer| customer.referrals.len());
    Ok(Answer::Data(Json::object([
        ("clicks", 0.into()),
        ("referrals", count.into()),
        ("referrals_count", count.into()),
    ])))
}
