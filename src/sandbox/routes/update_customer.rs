//! Changing customers.

use std::time::SystemTime;

use super::call::Call;
use super::notices;
use super::registration::{NamedReferrer, taken_fields};
use super::views;
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::customer::Serial;
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::switches::{LaterReferrer, UpdateForm};
use crate::sandbox::world::World;

/// `PUT /v1/customers/{id}`
pub(super) fn by_path(world: &mut World, call: &Call) -> Outcome {
    let serial = call.customer(world)?;
    update(world, serial, call.body()?)
}

/// `PUT /v1/customers` with the `id` or `key` in the body (D, PHP).
pub(super) fn by_body(world: &mut World, call: &Call) -> Outcome {
    let body = call.body()?;
    let mut input = Input::new(body);
    let (id, key) = (input.text("id"), input.text("key"));
    if id.is_none() && key.is_none() {
        input.required::<()>("id", None);
    }
    input.finish()?;
    let by_id = id.and_then(|id| world.customers.by_id(&id));
    let serial = by_id.or_else(|| world.by_key(&key?));
    let serial = serial.ok_or_else(|| Refusal::not_found("Customer not found."))?;
    update(world, serial, body)
}

fn update(world: &mut World, serial: Serial, body: &Json) -> Outcome {
    let form = world.switches.update_form;
    let changes = match (form, body.get("update")) {
        (UpdateForm::Flat, _) | (UpdateForm::Both, None) => body,
        (_, Some(changes)) => changes,
        (_, None) => &Json::Null,
    };
    let mut input = Input::new(changes);
    let email = input.email("email");
    let name = input.text("name");
    let surname = input.text("surname");
    let key = input.text("key");
    let tags = input.texts("tags");
    let referrer = NamedReferrer::read(&mut input, "referring_customer");
    input.finish()?;

    let is_other = |holder: &Serial| *holder != serial;
    let email_holder = email
        .as_deref()
        .and_then(|email| world.customers.by_email(email));
    let key_holder = key.as_deref().and_then(|key| world.by_key(key));
    let taken: Vec<_> = [("email", email_holder), ("key", key_holder)]
        .into_iter()
        .filter_map(|(field, holder)| Some((field, holder.filter(is_other)?)))
        .collect();
    if !taken.is_empty() {
        return Err(taken_fields(&taken));
    }
    let others = world
        .customers
        .get(serial)
        .map(|customer| &customer.other_links);
    let is_other_link =
        |key: &str| others.is_some_and(|links| links.iter().any(|link| link.key == key));
    if key.as_deref().is_some_and(is_other_link) {
        return Err(Refusal::taken("key"));
    }
    if let Some(named) = referrer {
        refer(world, serial, &named)?;
    }

    if let Some(email) = email {
        world.customers.set_email(serial, email);
    }
    if let (Some(new), Some(customer)) = (key, world.customers.get(serial)) {
        let key = customer.key().to_owned();
        world.customers.rename_link(serial, &key, new);
    }
    if let Some(customer) = world.customers.get_mut(serial) {
        customer.name = name.or_else(|| customer.name.take());
        customer.surname = surname.or_else(|| customer.surname.take());
        customer.tags = tags.unwrap_or_else(|| std::mem::take(&mut customer.tags));
        customer.updated_at = SystemTime::now();
    }
    notices::customer(world, "customer.updated", serial);
    Ok(Answer::Data(views::customer(world, serial)))
}

fn refer(world: &mut World, serial: Serial, named: &NamedReferrer) -> Result<(), Refusal> {
    let has_one = world
        .customers
        .get(serial)
        .is_some_and(|customer| customer.referrer.is_some());
    match world.switches.later_referrer {
        LaterReferrer::Unprocessable => Err(Refusal::invalid(
            "referring_customer",
            "The referring_customer cannot be changed.",
        )),
        LaterReferrer::Ignored => Ok(()),
        LaterReferrer::Once if has_one => Ok(()),
        LaterReferrer::Once | LaterReferrer::Replaced => {
            // Nobody brings themselves.
            if let Some(referrer) = named.find(world)?.filter(|referrer| *referrer != serial) {
                world.customers.refer(serial, Some(referrer));
            }
            Ok(())
        }
    }
}
