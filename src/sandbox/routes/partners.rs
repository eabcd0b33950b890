//! The partners of an affiliate program.
//!
//! A partner is kept as a customer is: it has an id, links and a balance, and has brought customers.

use std::time::SystemTime;

use super::call::Call;
use super::{notices, paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::customer::{Customer, Link, Serial};
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::money::{Amount, Balance};
use crate::sandbox::switches::{SearchMiss, UpdateForm};
use crate::sandbox::world::World;

/// `POST /v1/partners`
///
/// The e-mail address is required, and the password is not (D). It is assumed that a taken id, key or
/// e-mail address is a 422.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let id = input.text("id");
    let key = input.text("key");
    let email = input.email("email");
    let email = input.required("email", email);
    let name = input.text("name");
    let surname = input.text("surname");
    let tags = input.texts("tags").unwrap_or_default();
    // Its type is checked, and then it is dropped: nobody signs in to the sandbox.
    input.text("password");
    input.finish()?;
    let partners = &world.partners;
    for (field, is_taken) in [
        (
            "id",
            id.as_deref().is_some_and(|id| partners.by_id(id).is_some()),
        ),
        (
            "key",
            key.as_deref()
                .is_some_and(|key| world.partner_by_key(key).is_some()),
        ),
        (
            "email",
            email
                .as_deref()
                .is_some_and(|email| partners.by_email(email).is_some()),
        ),
    ] {
        if is_taken {
            return Err(Refusal::taken(field));
        }
    }
    let serial = store(world, id, key, email);
    if let Some(partner) = world.partners.get_mut(serial) {
        partner.name = name;
        partner.surname = surname;
        partner.tags = tags;
    }
    notices::partner(world, "partner.created", serial);
    Ok(Answer::Created(views::partner(world, serial)))
}

/// Not an endpoint: makes a partner who registered in Partnero's own portal, unless there is one
/// with this key.
pub(in crate::sandbox) fn in_portal(world: &mut World, key: String) {
    if world.partner_by_key(&key).is_none() {
        let serial = store(world, None, Some(key), None);
        notices::partner(world, "partner.created", serial);
    }
}

fn store(
    world: &mut World,
    id: Option<String>,
    key: Option<String>,
    email: Option<String>,
) -> Serial {
    let id = id.unwrap_or_else(|| world.random.alphanumeric(12));
    // As long as the keys that Partnero generates in its examples.
    let key = key.unwrap_or_else(|| world.random.alphanumeric(12));
    let now = SystemTime::now();
    world.partners.insert(Customer {
        id,
        email,
        name: None,
        surname: None,
        date_of_birth: None,
        tags: Vec::new(),
        default_link: Link::new(key, false),
        other_links: Vec::new(),
        referrer: None,
        partner: None,
        referrals: Vec::new(),
        balance: Balance::default(),
        is_deleted: false,
        is_archived: false,
        created_at: now,
        updated_at: now,
    })
}

/// `GET /v1/partner` by `key`, `id` or `email` (N8N).
pub(super) fn read_by_query(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let id = call.parameter("id").map(|id| world.partners.by_id(id));
    let key = || call.parameter("key").map(|key| world.partner_by_key(key));
    let email = || {
        let email = call.parameter("email");
        email.map(|email| world.partners.by_email(email))
    };
    match id.or_else(key).or_else(email) {
        None => Err(Refusal::invalid(
            "key",
            "A key, an id or an email is required.",
        )),
        Some(None) => Err(not_found()),
        Some(Some(serial)) => Ok(Answer::Data(views::partner(world, serial))),
    }
}

/// `GET /v1/partners`
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let partners = world.partners.iter();
    paging::list(world, call, partners, |partner| {
        views::of_partner(world, partner)
    })
}

/// `GET /v1/partners:search` by a part of `key` or `id` (N8N).
pub(super) fn search(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let (id, key) = (call.parameter("id"), call.parameter("key"));
    if id.is_none() && key.is_none() {
        return Err(Refusal::invalid("key", "A key or an id is required."));
    }
    let meets = |term: Option<&str>, value: &str| {
        let folded = || value.to_lowercase();
        term.is_none_or(|term| folded().contains(&term.to_lowercase()))
    };
    let found = world.partners.iter().filter(|partner| {
        meets(id, &partner.id) && partner.links().any(|link| meets(key, &link.key))
    });
    let found: Vec<&Customer> = found.collect();
    if found.is_empty() && world.switches.search_miss == SearchMiss::NotFound {
        return Err(not_found());
    }
    paging::list(world, call, found.into_iter(), |partner| {
        views::of_partner(world, partner)
    })
}

/// `GET /v1/partners/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Data(views::partner(world, find(world, call)?)))
}

/// `PUT /v1/partners/{id}`
pub(super) fn update(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = find(world, call)?;
    let body = call.body()?;
    let changes = match (world.switches.update_form, body.get("update")) {
        (UpdateForm::Both | UpdateForm::Update, Some(changes)) => changes,
        // The position `Update` does not read the top of the body, so nothing changes.
        (UpdateForm::Update, None) => &Json::Null,
        _ => body,
    };
    let mut input = Input::new(changes);
    let email = input.email("email");
    let name = input.text("name");
    let surname = input.text("surname");
    let tags = input.texts("tags");
    input.finish()?;
    if let Some(email) = email {
        let holder = world.partners.by_email(&email);
        if holder.is_some_and(|holder| holder != serial) {
            return Err(Refusal::taken("email"));
        }
        world.partners.set_email(serial, email);
    }
    if let Some(partner) = world.partners.get_mut(serial) {
        partner.name = name.or_else(|| partner.name.take());
        partner.surname = surname.or_else(|| partner.surname.take());
        partner.tags = tags.unwrap_or_else(|| std::mem::take(&mut partner.tags));
        partner.updated_at = SystemTime::now();
    }
    notices::partner(world, "partner.updated", serial);
    Ok(Answer::Data(views::partner(world, serial)))
}

/// `DELETE /v1/partners/{id}`
///
/// It is assumed that the partner's customers stay, without a partner.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = find(world, call)?;
    notices::partner(world, "partner.deleted", serial);
    // The event above shows the partner before the removal, as for customers. Below, no customer
    // may point to a partner who is gone.
    let brought = world.partners.get_mut(serial);
    let brought = brought.map(|partner| std::mem::take(&mut partner.referrals));
    for customer in brought.into_iter().flatten() {
        if let Some(customer) = world.customers.get_mut(customer) {
            customer.partner = None;
        }
    }
    world.partners.remove(serial);
    Ok(Answer::Done)
}

/// `POST /v1/partners/{id}/archive`
pub(super) fn archive(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    set_archived(world, call, true)?;
    let serial = find(world, call)?;
    notices::partner(world, "partner.archived", serial);
    Ok(Answer::Done)
}

/// `POST /v1/partners/{id}/revoke-archive`
pub(super) fn revoke_archive(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    // Without an event: the vendor's list of events has none for the way back (N8N).
    set_archived(world, call, false)
}

/// An archived partner earns nothing (N8N). A repeated archive is a 400, as it is for transactions
/// (D).
fn set_archived(world: &mut World, call: &Call, archived: bool) -> Result<Answer, Refusal> {
    let serial = find(world, call)?;
    let partner = world.partners.get_mut(serial).ok_or_else(not_found)?;
    if partner.is_archived == archived {
        return Err(Refusal::bad_request(
            "The partner is in that state already.",
        ));
    }
    partner.is_archived = archived;
    Ok(Answer::Done)
}

/// `POST /v1/partners/{id}/reward`
///
/// The answer is assumed. A reward has no key, so a repeated one counts again.
pub(super) fn reward(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = find(world, call)?;
    let mut input = Input::new(call.body()?);
    let amount = input.amount("amount");
    let amount = input.required("amount", amount);
    // The note is shown nowhere, so only its type is checked.
    input.text("note");
    if amount.is_some_and(|amount| amount.is_zero()) {
        input.refuse::<()>("amount", "must not be zero");
    }
    input.finish()?;
    let Some(amount) = amount else {
        return Err(Refusal::bad_request("The reward is incomplete."));
    };
    let amount = Amount::new(amount, &world.settings.currency, true);
    if let Some(partner) = world.partners.get_mut(serial) {
        partner.balance.add(&amount);
    }
    Ok(Answer::Created(views::amount(&amount)))
}

/// `GET /v1/partners/{id}/referral_links`
pub(super) fn links(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let partner = world.partners.get(find(world, call)?);
    let links: Vec<(&Customer, &Link)> = partner
        .into_iter()
        .flat_map(|partner| partner.links().map(move |link| (partner, link)))
        .collect();
    paging::list(world, call, links.into_iter(), |(partner, link)| {
        views::link(world, partner, link)
    })
}

/// `POST /v1/partners:sign-in-url`
///
/// The answer is assumed. The address in it leads to the sandbox's own page.
pub(super) fn sign_in_url(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let key = input.text("key");
    let email = input.email("email");
    let seconds = match input.value("expires_in") {
        // The bounds and the default are N8N's.
        None => Some(120),
        Some(Json::Number(digits) | Json::Text(digits)) => digits.parse().ok(),
        Some(_) => None,
    };
    if !seconds.is_some_and(|seconds: u32| (30..=900).contains(&seconds)) {
        input.refuse::<()>("expires_in", "must be between 30 and 900");
    }
    if key.is_none() && email.is_none() {
        input.required::<()>("key", None);
    }
    input.finish()?;
    // The page shows the whole sandbox, so it is enough that there is such a partner.
    let by_key = key.and_then(|key| world.partner_by_key(&key));
    by_key
        .or_else(|| world.partners.by_email(&email?))
        .ok_or_else(not_found)?;
    let token = world.random.alphanumeric(24);
    let url = format!("{}/?token={token}", world.settings.origin);
    Ok(Answer::Created(Json::object([("url", url.into())])))
}

/// The partner whom the path names by its id, and by nothing else (N8N).
fn find(world: &World, call: &Call) -> Result<Serial, Refusal> {
    world.partners.by_id(call.segment()).ok_or_else(not_found)
}

fn not_found() -> Refusal {
    Refusal::not_found("Partner not found.")
}
