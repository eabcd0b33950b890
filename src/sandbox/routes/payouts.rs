//! The payout requests of an affiliate program. The only source is N8N, which shows requests and no
//! answers.

use std::time::SystemTime;

use rust_decimal::Decimal;

use super::call::Call;
use super::registration::NamedPartner;
use super::{paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::clock::iso;
use crate::sandbox::customer::Serial;
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::money::Amount;
use crate::sandbox::numbered::{Payout, PayoutState};
use crate::sandbox::switches::{NewPayout, PayoutDetails, SearchMiss};
use crate::sandbox::world::World;

const GATEWAYS: [&str; 4] = ["crypto", "paypal", "venmo", "wise"];

/// `POST /v1/payout_requests`
///
/// It covers the whole unpaid balance in one currency. The partner must be active, and how to pay must
/// be known: saved by the partner or sent along, which does not work for Wise (N8N). That single
/// rewards cannot be chosen is a setting of the program (N8N). It is assumed that what another payout
/// covers already is not paid twice, and that nothing to pay is a 422.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let partner = NamedPartner::read(&mut input, "partner");
    let partner = input.required("partner", partner);
    let units = input.text("amount_units");
    let units = input.required("amount_units", units);
    let gateway = input.text("gateway");
    if gateway
        .as_deref()
        .is_some_and(|name| !GATEWAYS.contains(&name))
    {
        input.refuse::<()>("gateway", "is not known");
    }
    // Wise needs details that only the partner's portal asks for, so sent ones do not count (N8N).
    let are_sent =
        input.is_object("payout_settings") && gateway.as_deref().is_some_and(|name| name != "wise");
    if !are_sent && world.switches.payout_details == PayoutDetails::Missing {
        input.required::<()>("payout_settings", None);
    }
    if input.list("reward_ids").is_some_and(|ids| !ids.is_empty()) {
        input.refuse::<()>("reward_ids", "cannot be chosen in this program");
    }
    input.finish()?;
    let (Some(partner), Some(units)) = (partner, units) else {
        return Err(Refusal::bad_request("The payout request is incomplete."));
    };
    let partner = partner.find(world)?;
    // Below zero, too: after a sale is deleted, the balance may be less than what open payouts
    // cover.
    let amount = unpaid(world, partner, Amount::new(Decimal::ZERO, &units, true));
    if amount.value <= Decimal::ZERO {
        return Err(Refusal::invalid(
            "amount_units",
            "There is nothing to pay out.",
        ));
    }
    let number = world.payouts.insert(Payout {
        partner,
        amount,
        state: match world.switches.new_payout {
            NewPayout::Requested => PayoutState::Requested,
            NewPayout::Approved => PayoutState::Approved,
        },
        created_at: SystemTime::now(),
    });
    Ok(Answer::Created(view(world, number)))
}

/// The balance of the partner in a currency, without what open payouts cover.
fn unpaid(world: &World, partner: Serial, kind: Amount) -> Amount {
    let balance = world
        .partners
        .get(partner)
        .map(|partner| partner.balance.of(&kind));
    let open = world.payouts.iter().filter(|(_, payout)| {
        payout.partner == partner
            && payout.amount.units == kind.units
            // A finished payout has been taken from the balance already.
            && payout.state != PayoutState::Finished
    });
    let open: Decimal = open.map(|(_, payout)| payout.amount.value).sum();
    Amount {
        value: balance.unwrap_or_default() - open,
        ..kind
    }
}

/// `GET /v1/payout_requests`
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let payouts = world.payouts.iter();
    paging::list(world, call, payouts, |(number, payout)| {
        of(world, number, payout)
    })
}

/// `GET /v1/payout_requests:search` by partner, `status` and `amount_units`, all of which must fit
/// (N8N).
pub(super) fn search(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let partner = call.payee_filter(world);
    let (status, units) = (call.parameter("status"), call.parameter("amount_units"));
    let found = world.payouts.iter().filter(|(_, payout)| {
        partner.lets_through(Some(payout.partner))
            && status.is_none_or(|status| status == payout.state.as_str())
            && units.is_none_or(|units| units.eq_ignore_ascii_case(&payout.amount.units))
    });
    let found: Vec<(u64, &Payout)> = found.collect();
    if found.is_empty() && world.switches.search_miss == SearchMiss::NotFound {
        return Err(not_found());
    }
    paging::list(world, call, found.into_iter(), |(number, payout)| {
        of(world, number, payout)
    })
}

/// `GET /v1/payout_requests/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Data(view(world, in_path(world, call)?)))
}

/// `POST /v1/payout_requests/{id}/approve`, only while it waits for a decision (N8N).
pub(super) fn approve(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let number = in_path(world, call)?;
    advance(world, number, PayoutState::Requested, PayoutState::Approved)?;
    Ok(Answer::Data(view(world, number)))
}

/// `POST /v1/payout_requests/{id}/mark_as_paid`, only once it is approved. It clears the balance
/// (N8N).
pub(super) fn mark_as_paid(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let number = in_path(world, call)?;
    let payout = advance(world, number, PayoutState::Approved, PayoutState::Finished)?;
    // The amount of the request, not the balance of today: what was earned since then stays unpaid.
    let (partner, amount) = (payout.partner, payout.amount.clone());
    if let Some(partner) = world.partners.get_mut(partner) {
        partner.balance.subtract(&amount);
    }
    Ok(Answer::Data(view(world, number)))
}

/// Puts a payout from one state into the next. That another state is a 400 is assumed, as for an
/// archive (D).
fn advance(
    world: &mut World,
    number: u64,
    from: PayoutState,
    to: PayoutState,
) -> Result<&mut Payout, Refusal> {
    let payout = world.payouts.get_mut(number).ok_or_else(not_found)?;
    if payout.state != from {
        let message = format!("The payout request is not {}.", from.as_str());
        return Err(Refusal::bad_request(&message));
    }
    payout.state = to;
    Ok(payout)
}

fn in_path(world: &World, call: &Call) -> Result<u64, Refusal> {
    let number = call.segment().parse().ok();
    let known = number.filter(|number| world.payouts.get(*number).is_some());
    known.ok_or_else(not_found)
}

fn not_found() -> Refusal {
    Refusal::not_found("Payout request not found.")
}

fn view(world: &World, number: u64) -> Json {
    let payout = world.payouts.get(number);
    payout.map_or(Json::Null, |payout| of(world, number, payout))
}

/// A payout request. That it has these fields is assumed; `status` and `amount` are named by N8N.
fn of(world: &World, number: u64, payout: &Payout) -> Json {
    Json::object([
        ("id", number.into()),
        ("partner", views::partner_id(world, Some(payout.partner))),
        ("amount", payout.amount.value.into()),
        ("amount_units", payout.amount.units.as_str().into()),
        ("is_currency", payout.amount.is_currency.into()),
        ("status", payout.state.as_str().into()),
        ("created_at", iso(payout.created_at).into()),
    ])
}
