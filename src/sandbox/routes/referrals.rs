//! Whom a customer has brought.

use super::call::Call;
use super::{paging, views};
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::customer::Customer;
use crate::sandbox::json::Json;
use crate::sandbox::switches::{ReferralsForm, StatsForm};
use crate::sandbox::world::World;

/// `GET /v1/customers/{id}/referrals`
pub(super) fn list(world: &mut World, call: &Call) -> Outcome {
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
pub(super) fn stats(world: &mut World, call: &Call) -> Outcome {
    let customer = call.customer(world)?;
    let customer = world.customers.get(customer);
    let count = customer.map_or(0, |customer| customer.referrals.len());
    Ok(Answer::Data(match world.switches.stats_form {
        StatsForm::Counts => Json::object([
            ("clicks", 0.into()),
            ("referrals", count.into()),
            ("referrals_count", count.into()),
        ]),
        StatsForm::Empty => Json::List(Vec::new()),
    }))
}
