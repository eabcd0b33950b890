//! Referral links. A link's id is its key (O).

use super::call::Call;
use super::{paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::customer::{Customer, Link, Serial};
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::switches::{SearchMiss, UpdateForm};
use crate::sandbox::world::World;

/// `GET /v1/customers/{id}/referral_links`
pub(super) fn of_customer(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let customer = call.customer(world)?;
    let customer = world.customers.get(customer);
    let links: Vec<(&Customer, &Link)> = customer
        .into_iter()
        // The default link comes first.
        .flat_map(|customer| customer.links().map(move |link| (customer, link)))
        .collect();
    paging::list(world, call, links.into_iter(), |(customer, link)| {
        views::link(world, customer, link)
    })
}

/// `POST /v1/customer_referral_links`
///
/// An unknown customer is a 404, as for the list of links (O). It is assumed that a taken key is a
/// 422, and that a link is not additional if the body does not say so.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let customer = named_customer(&mut input);
    let key = input.text("key");
    let key = input.required("key", key);
    let is_additional = input.boolean("is_additional").unwrap_or(false);
    input.finish()?;
    let (Some((field, value)), Some(key)) = (customer, key) else {
        return Err(Refusal::bad_request("The link is incomplete."));
    };
    let serial = holder(world, field, &value);
    let serial = serial.ok_or_else(|| Refusal::not_found("Customer not found."))?;
    // A key names one link in the whole program, because `?ref=KEY` has nothing else to go by.
    if world.by_key(&key).is_some() {
        return Err(Refusal::taken("key"));
    }
    let link = Link::new(key.clone(), is_additional);
    world.customers.add_link(serial, link);
    Ok(Answer::Created(view(world, &key)?))
}

/// `GET /v1/customer_referral_links/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Data(view(world, call.segment())?))
}

/// `PUT /v1/customer_referral_links/{id}`
///
/// It is assumed that the fields of an answered link can be changed.
pub(super) fn update(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let (serial, key) = find(world, call.segment())?;
    let body = call.body()?;
    let changes = match (world.switches.update_form, body.get("update")) {
        (UpdateForm::Both | UpdateForm::Update, Some(changes)) => changes,
        _ => body,
    };
    let mut input = Input::new(changes);
    // The link's own key, sent once more, is no change and taken by nobody else.
    let new_key = input.text("key").filter(|new| *new != key);
    let is_additional = input.boolean("is_additional");
    let direct_tracking = input.boolean("direct_tracking");
    let redirect = input.boolean("direct_tracking_redirect");
    let redirect_url = input.text("direct_tracking_redirect_url");
    input.finish()?;
    if new_key
        .as_deref()
        .is_some_and(|new| world.by_key(new).is_some())
    {
        return Err(Refusal::taken("key"));
    }
    let links = world
        .customers
        .get_mut(serial)
        .into_iter()
        .flat_map(Customer::links_mut);
    for link in links.filter(|link| link.key == key) {
        link.is_additional = is_additional.unwrap_or(link.is_additional);
        link.direct_tracking = direct_tracking.unwrap_or(link.direct_tracking);
        link.direct_tracking_redirect = redirect.unwrap_or(link.direct_tracking_redirect);
        if redirect_url.is_some() {
            link.direct_tracking_redirect_url.clone_from(&redirect_url);
        }
    }
    if let Some(new) = &new_key {
        // Last, because the loop above finds the link by its old key.
        world.customers.rename_link(serial, &key, new.clone());
    }
    Ok(Answer::Data(view(world, new_key.as_ref().unwrap_or(&key))?))
}

/// `DELETE /v1/customer_referral_links/{id}`
///
/// It is assumed that the default link cannot be deleted.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let (serial, key) = find(world, call.segment())?;
    let customer = world.customers.get(serial);
    // A customer without any link could not refer anybody.
    if customer.is_some_and(|customer| customer.key() == key) {
        return Err(Refusal::bad_request("The default link cannot be deleted."));
    }
    world.customers.remove_link(serial, &key);
    Ok(Answer::Done)
}

/// `GET /v1/customer_referral_links:search`
///
/// The query can name a customer beside the key (PHP). It is assumed that it does so by
/// `customer.id`, `customer.key` or `customer.email`.
pub(super) fn search(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let Some(key) = call.parameter("key").or_else(|| call.parameter("id")) else {
        return Err(Refusal::invalid("key", "An id or a key is required."));
    };
    let owner = world.by_key(key);
    let is_wanted = |field| {
        let Some(name) = call.parameter(&format!("customer.{field}")) else {
            return true;
        };
        // Without `is_some`, an unknown key and an unknown customer would match: both are `None`.
        owner.is_some() && holder(world, field, name) == owner
    };
    let link = if ["id", "key", "email"].into_iter().all(is_wanted) {
        view(world, key)
    } else {
        Err(not_found())
    };
    match link {
        Ok(link) => paging::list(world, call, std::iter::once(link), |link| link),
        Err(miss) if world.switches.search_miss == SearchMiss::NotFound => Err(miss),
        Err(_) => paging::list(world, call, std::iter::empty(), |link| link),
    }
}

/// The first of `customer.id`, `.key` and `.email` that the body has, with its value.
fn named_customer(input: &mut Input<'_>) -> Option<(&'static str, String)> {
    let id = input.text("customer.id").map(|id| ("id", id));
    let key = input.text("customer.key").map(|key| ("key", key));
    let email = input.email("customer.email").map(|email| ("email", email));
    input.required("customer", id.or(key).or(email))
}

/// The customer who has this value in this field.
fn holder(world: &World, field: &str, value: &str) -> Option<Serial> {
    match field {
        "id" => world.customers.by_id(value),
        "key" => world.by_key(value),
        _ => world.customers.by_email(value),
    }
}

fn not_found() -> Refusal {
    Refusal::not_found("Referral link not found.")
}

fn find(world: &World, key: &str) -> Result<(Serial, String), Refusal> {
    let serial = world.by_key(key).ok_or_else(not_found)?;
    let customer = world.customers.get(serial).ok_or_else(not_found)?;
    // A customer may have two keys that differ by case alone.
    let exact = customer.links().find(|link| link.key == key);
    let alike = || {
        customer
            .links()
            .find(|link| world.is_same_key(&link.key, key))
    };
    let link = exact.or_else(alike).ok_or_else(not_found)?;
    Ok((serial, link.key.clone()))
}

fn view(world: &World, key: &str) -> Result<Json, Refusal> {
    let (serial, key) = find(world, key)?;
    let customer = world.customers.get(serial);
    let link = customer.and_then(|customer| {
        let link = customer.links().find(|link| link.key == key)?;
        Some(views::link(world, customer, link))
    });
    link.ok_or_else(not_found)
}
