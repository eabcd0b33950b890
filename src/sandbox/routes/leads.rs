//! The leads of an affiliate program. The only source is N8N, which shows requests and no answers.

use std::time::SystemTime;

use super::call::Call;
use super::registration::NamedPartner;
use super::{paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::clock::iso;
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::money::Amount;
use crate::sandbox::numbered::{Lead, LeadState};
use crate::sandbox::switches::{DecidedLead, UnknownLead};
use crate::sandbox::world::World;

/// `POST /v1/leads`
///
/// Partner, name and e-mail address are required (N8N). It is assumed that the e-mail address may be
/// that of another lead, and that an archived partner has no leads.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let partner = NamedPartner::read(&mut input, "partner");
    let partner = input.required("partner", partner);
    let name = input.text("name");
    let name = input.required("name", name);
    let email = input.email("email");
    let email = input.required("email", email);
    input.finish()?;
    let (Some(partner), Some(name), Some(email)) = (partner, name, email) else {
        return Err(Refusal::bad_request("The lead is incomplete."));
    };
    let number = world.leads.insert(Lead {
        partner: partner.find(world)?,
        name,
        email,
        state: LeadState::Submitted,
        created_at: SystemTime::now(),
    });
    // After the insertion, so that the event shows the number that other calls need.
    tell(world, "lead.submitted", number);
    Ok(Answer::Created(view(world, number)))
}

/// `GET /v1/leads`
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let leads = world.leads.iter();
    paging::list(world, call, leads, |(number, lead)| of(world, number, lead))
}

/// `GET /v1/leads/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Data(view(world, in_path(world, call)?)))
}

/// `DELETE /v1/leads/{id}`
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let number = in_path(world, call)?;
    world.leads.remove(number);
    Ok(Answer::Done)
}

/// `POST /v1/leads/convert`
///
/// The commission is calculated from the amount (N8N). It is assumed that it is in the program's
/// currency and in the partner's balance at once, and that no customer and no transaction is made.
pub(super) fn convert(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let number = number_in(&mut input);
    let amount = input.amount("commission_transaction_amount");
    let amount = input.required("commission_transaction_amount", amount);
    input.finish()?;
    // Before the commission is paid: a lead that was decided before pays nothing.
    let number = decide(world, number, LeadState::Converted)?;
    let partner = world.leads.get(number).map(|lead| lead.partner);
    let amount = amount.map(|amount| Amount::new(amount, &world.settings.currency, true));
    let commission = amount.and_then(|amount| world.settings.reward.of(&amount));
    let partner = partner.and_then(|partner| world.partners.get_mut(partner));
    if let (Some(partner), Some(commission)) = (partner, commission)
        && !partner.is_archived
    {
        partner.balance.add(&commission);
    }
    tell(world, "lead.converted", number);
    Ok(Answer::Data(view(world, number)))
}

/// `POST /v1/leads/reject`
pub(super) fn reject(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let number = number_in(&mut input);
    input.finish()?;
    let number = decide(world, number, LeadState::Rejected)?;
    tell(world, "lead.rejected", number);
    Ok(Answer::Data(view(world, number)))
}

/// The number in the field `id`.
fn number_in(input: &mut Input<'_>) -> Option<u64> {
    let number = match input.value("id") {
        // The answers may have numbers as texts, and a client may send back what it got.
        Some(Json::Number(digits) | Json::Text(digits)) => digits.parse().ok(),
        _ => None,
    };
    input.required("id", number)
}

/// Puts a lead into a state, unless it was converted or rejected before and that cannot be repeated.
fn decide(world: &mut World, number: Option<u64>, state: LeadState) -> Result<u64, Refusal> {
    let found = number.and_then(|number| Some((number, world.leads.get_mut(number)?)));
    let Some((number, lead)) = found else {
        return Err(match world.switches.unknown_lead {
            UnknownLead::NotFound => not_found(),
            UnknownLead::Unprocessable => Refusal::invalid("id", "The lead was not found."),
        });
    };
    let is_decided = lead.state != LeadState::Submitted;
    if is_decided && world.switches.decided_lead == DecidedLead::BadRequest {
        return Err(Refusal::bad_request("The lead was decided before."));
    }
    lead.state = state;
    Ok(number)
}

fn in_path(world: &World, call: &Call) -> Result<u64, Refusal> {
    let number = call.segment().parse().ok();
    let known = number.filter(|number| world.leads.get(*number).is_some());
    known.ok_or_else(not_found)
}

fn not_found() -> Refusal {
    Refusal::not_found("Lead not found.")
}

fn tell(world: &mut World, event: &'static str, number: u64) {
    let data = view(world, number);
    world.notices.push(event, data);
}

fn view(world: &World, number: u64) -> Json {
    let lead = world.leads.get(number);
    lead.map_or(Json::Null, |lead| of(world, number, lead))
}

/// A lead. That it has these fields is assumed.
fn of(world: &World, number: u64, lead: &Lead) -> Json {
    Json::object([
        ("id", number.into()),
        ("partner", views::partner_id(world, Some(lead.partner))),
        ("name", lead.name.as_str().into()),
        ("email", lead.email.as_str().into()),
        ("status", lead.state.as_str().into()),
        ("created_at", iso(lead.created_at).into()),
    ])
}
