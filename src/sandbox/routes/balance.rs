//! A customer's balance, and crediting it.

use super::call::Call;
use super::notices;
use super::views;
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::customer::Serial;
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::money::Amount;
use crate::sandbox::switches::{CreditAnswer, CreditDirection, OtherUnits, Overdraft};
use crate::sandbox::world::World;

/// `GET /v1/customers/{id}/balance`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = call.customer(world)?;
    Ok(Answer::Data(view(world, serial)))
}

/// `POST /v1/customers/{id}/balance/credit`
///
/// A credit has no key, so a repeated credit counts again. It is assumed that Partnero refuses an
/// amount of zero.
pub(super) fn credit(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = call.customer(world)?;
    let mut input = Input::new(call.body()?);
    let value = input.amount("amount");
    let value = input.required("amount", value);
    let units = input.text("amount_units");
    let units = input.required("amount_units", units);
    let is_currency = input.boolean("is_currency");
    let is_currency = input.required("is_currency", is_currency);
    if value.is_some_and(|value| value.is_zero()) {
        input.refuse::<()>("amount", "must not be zero");
    }
    input.finish()?;
    let (Some(value), Some(units), Some(is_currency)) = (value, units, is_currency) else {
        return Err(Refusal::bad_request("The credit is incomplete."));
    };
    let amount = Amount::new(value, &units, is_currency);

    if let Some(customer) = world.customers.get_mut(serial) {
        // Compared within one unit: points do not cover dollars.
        let is_covered = customer.balance.of(&amount) >= amount.value;
        match (world.switches.credit_direction, world.switches.overdraft) {
            (CreditDirection::Adds, _) => customer.balance.add(&amount),
            (CreditDirection::Spends, Overdraft::Unprocessable) if !is_covered => {
                let text = "The amount is larger than the balance.";
                return Err(Refusal::invalid("amount", text));
            }
            (CreditDirection::Spends, _) => customer.balance.subtract(&amount),
        }
    }
    // After the balance has changed, as the event's data may show the customer.
    notices::credited(world, serial, &amount);
    Ok(match world.switches.credit_answer {
        CreditAnswer::Balance => Answer::Data(view(world, serial)),
        CreditAnswer::StatusOnly => Answer::Done,
    })
}

fn view(world: &World, serial: Serial) -> Json {
    let customer = world.customers.get(serial);
    let entries = customer.map_or(&[][..], |customer| customer.balance.entries());
    let mut groups: Vec<(String, Vec<Json>)> = Vec::new();
    for entry in entries {
        let is_apart = !entry.is_currency && world.switches.other_units == OtherUnits::OwnGroup;
        let group = if is_apart {
            entry.units.as_str()
        } else {
            "currency"
        };
        let amount = views::amount(entry);
        match groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, amounts)) => amounts.push(amount),
            None => groups.push((group.to_owned(), vec![amount])),
        }
    }
    let balance = if groups.is_empty() {
        // An empty balance is an empty array of PHP (seed).
        Json::List(Vec::new())
    } else {
        let groups = groups.into_iter();
        Json::Object(
            groups
                .map(|(name, amounts)| (name, amounts.into()))
                .collect(),
        )
    };
    Json::object([
        ("customer", views::customer(world, serial)),
        ("balance", balance),
    ])
}
