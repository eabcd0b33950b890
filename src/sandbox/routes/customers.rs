//! Creating, inviting, reading, finding, changing and removing customers.

use std::time::SystemTime;

use super::call::Call;
use super::registration::{Registration, taken_fields};
use super::{notices, paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::customer::{Customer, Serial};
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::switches::{
    DeletedCustomer, DuplicateCustomer, InviteAnswer, NestedCustomer, SearchMatch, SearchMiss,
    UpdateForm,
};
use crate::sandbox::world::World;

/// `POST /v1/customers`
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let is_nested = matches!(input.value("customer"), Some(Json::Object(_)));
    // Affiliate programs also take `{"partner": {…}, "customer": {…}}` (WP).
    let prefix = if is_nested && world.is_affiliate() {
        "customer."
    } else {
        ""
    };
    let wanted = Registration::read_beside(&mut input, world, prefix, "");
    wanted.check(&mut input, world, prefix);
    if is_nested
        && !world.is_affiliate()
        && world.switches.nested_customer == NestedCustomer::Unprocessable
    {
        let problem = "must not be nested: its fields belong to the top of the body";
        // In the other position the nested fields are unknown ones, which are ignored.
        input.refuse::<()>("customer", problem);
    }
    input.finish()?;
    if let Some(existing) = existing(world, &wanted)? {
        // Not `Created`, because nothing was made.
        return Ok(Answer::Data(views::customer(world, existing)));
    }
    let serial = wanted.insert(world)?;
    Ok(Answer::Created(views::customer(world, serial)))
}

/// `POST /v1/customers:invite`
///
/// Partnero sends an e-mail (PHP); the sandbox does not. It is assumed that the invited person
/// becomes a customer, and that a person who is a customer already can be invited.
pub(super) fn invite(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let wanted = Registration::read(&mut input, world, "");
    wanted.check(&mut input, world, "");
    input.required("email", wanted.email.as_ref());
    // Its texts are for the e-mail, so only its type is checked.
    input.is_object("personalization");
    input.finish()?;

    let email = wanted.email.as_deref().unwrap_or_default();
    // By the address first: it is the one name that an invitation must have.
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

/// `GET /v1/customers/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Data(views::customer(world, call.customer(world)?)))
}

/// `GET /v1/customers`
///
/// `partner` (N8N, for affiliate programs) is assumed to be the referrer in a refer-a-friend
/// program.
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let wanted = match call.parameter("refer_status") {
        None => None,
        Some("referred") => Some(true),
        Some("non_referred") => Some(false),
        Some(_) => {
            let text = "The refer_status must be referred or non_referred.";
            return Err(Refusal::invalid("refer_status", text));
        }
    };
    let payee = call.payee_filter(world);
    let customers = world.customers.iter().filter(|customer| {
        wanted.is_none_or(|referred| customer.referrer.is_some() == referred)
            // A customer has the one or the other, by the kind of the program.
            && payee.lets_through(customer.partner.or(customer.referrer))
    });
    paging::list(world, call, customers, |customer| {
        views::of_customer(world, customer)
    })
}

/// `GET /v1/customers:search`
pub(super) fn search(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let terms = ["id", "key", "email"].map(|name| call.parameter(name));
    let [id, mut key, email] = terms;
    // Only refer-a-friend programs can search by key (N8N). It is assumed that others ignore it.
    if world.is_affiliate() {
        key = None;
    }
    if [id, key, email].iter().all(Option::is_none) {
        let text = "An id, a key or an email is required.";
        return Err(Refusal::invalid("email", text));
    }
    let is_partial = world.switches.search_match == SearchMatch::Partial;
    let meets = |term: Option<&str>, value: &str, is_same: &dyn Fn(&str, &str) -> bool| {
        term.is_none_or(|term| {
            let is_part = || value.to_lowercase().contains(&term.to_lowercase());
            is_same(term, value) || is_partial && is_part()
        })
    };
    let found = world.customers.iter().filter(|customer| {
        let address = customer.email.as_deref().unwrap_or_default();
        let is_same_key = |one: &str, other: &str| world.is_same_key(one, other);
        meets(id, &customer.id, &|one, other| one == other)
            && meets(email, address, &|one, other| {
                one.eq_ignore_ascii_case(other)
            })
            && customer
                // A customer is found by the key of any link, not by the default link's alone.
                .links()
                .any(|link| meets(key, &link.key, &is_same_key))
    });
    let found: Vec<&Customer> = found.collect();
    if found.is_empty() && world.switches.search_miss == SearchMiss::NotFound {
        return Err(Refusal::not_found("Customer not found."));
    }
    paging::list(world, call, found.into_iter(), |customer| {
        views::of_customer(world, customer)
    })
}

/// `PUT /v1/customers/{id}`
pub(super) fn update_by_path(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = call.customer(world)?;
    update(world, serial, call.body()?)
}

/// `PUT /v1/customers` with the `id` or `key` in the body (D, PHP).
pub(super) fn update_by_body(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let body = call.body()?;
    let mut input = Input::new(body);
    let (id, key) = (input.text("id"), input.text("key"));
    if id.is_none() && key.is_none() {
        input.required::<()>("id", None);
    }
    input.finish()?;
    // It is assumed that the id counts before the key.
    let by_id = id.and_then(|id| world.customers.by_id(&id));
    let serial = by_id.or_else(|| world.by_key(&key?));
    let serial = serial.ok_or_else(|| Refusal::not_found("Customer not found."))?;
    update(world, serial, body)
}

/// A `referring_customer` in a change is ignored, as every field that this endpoint does not know.
/// No source says whether Partnero takes it.
fn update(world: &mut World, serial: Serial, body: &Json) -> Result<Answer, Refusal> {
    let form = world.switches.update_form;
    let changes = match (form, body.get("update")) {
        (UpdateForm::Flat, _) | (UpdateForm::Both, None) => body,
        (_, Some(changes)) => changes,
        // An update without changes is no error: n8n sends one without a body if no field was
        // chosen.
        (_, None) => &Json::Null,
    };
    let mut input = Input::new(changes);
    let email = input.email("email");
    let name = input.text("name");
    let surname = input.text("surname");
    let key = input.text("key");
    let tags = input.texts("tags");
    world.refused.check(
        &mut input,
        "",
        &[
            ("email", email.as_deref()),
            ("name", name.as_deref()),
            ("surname", surname.as_deref()),
            ("key", key.as_deref()),
            ("tags", tags.as_ref().map(|_| "")),
        ],
    );
    input.finish()?;

    // A customer's own key or address, sent once more, is taken by nobody else.
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
    // A customer's own links must have different keys, too.
    let others = world
        .customers
        .get(serial)
        .map(|customer| &customer.other_links);
    let is_other_link =
        |key: &str| others.is_some_and(|links| links.iter().any(|link| link.key == key));
    if key.as_deref().is_some_and(is_other_link) {
        return Err(Refusal::taken("key"));
    }

    // From here on nothing is refused any more, so a refused update has changed nothing. The
    // setters keep the indexes by address, id and key.
    if let Some(email) = email {
        world.customers.set_email(serial, email);
    }
    if let (Some(new), Some(customer)) = (key, world.customers.get(serial)) {
        let key = customer.key().to_owned();
        // In an affiliate program the key is the identifier.
        if world.is_affiliate() {
            world.customers.set_id(serial, new.clone());
        }
        // The customer's key is the key of its default link.
        world.customers.rename_link(serial, &key, new);
    }
    if let Some(customer) = world.customers.get_mut(serial) {
        // A field that was not sent stays as it was.
        customer.name = name.or_else(|| customer.name.take());
        customer.surname = surname.or_else(|| customer.surname.take());
        customer.tags = tags.unwrap_or_else(|| std::mem::take(&mut customer.tags));
        customer.updated_at = SystemTime::now();
    }
    notices::customer(world, "customer.updated", serial);
    Ok(Answer::Data(views::customer(world, serial)))
}

/// `DELETE /v1/customers/{id}`
///
/// The customer's sales go too, and the rewards of these sales (D, for affiliate programs).
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let serial = call.customer(world)?;
    let sales = world.transactions.iter();
    let sales = sales.filter(|(_, sale)| sale.buyer == Some(serial));
    // Only what the customer has bought: the rewards for the sales of others stay.
    let numbers: Vec<u64> = sales.map(|(number, _)| number).collect();
    for number in numbers {
        // Before the sale is removed: the event shows it as it was.
        notices::transaction(world, "transaction.deleted", number);
        world.remove_transaction(number);
    }
    // Likewise before the customer is removed.
    notices::customer(world, "customer.deleted", serial);
    match (
        world.switches.deleted_customer,
        world.customers.get_mut(serial),
    ) {
        (DeletedCustomer::Marked, Some(customer)) => customer.is_deleted = true,
        _ => world.remove_customer(serial),
    }
    Ok(Answer::Done)
}

/// `POST /v1/customers/{id}/archive`
pub(super) fn archive(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    set_archived(world, call.customer(world)?, true)
}

/// `POST /v1/customers/{id}/revoke-archive`
pub(super) fn revoke_archive(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    set_archived(world, call.customer(world)?, false)
}

/// An archived customer earns nothing by new sales (N8N: "so they stop earning"), and can do all
/// else, which is assumed. A repeated archive is a 400, as it is for transactions (D).
fn set_archived(world: &mut World, serial: Serial, archived: bool) -> Result<Answer, Refusal> {
    let customer = world.customers.get_mut(serial);
    let customer = customer.ok_or_else(|| Refusal::not_found("Customer not found."))?;
    if customer.is_archived == archived {
        return Err(Refusal::bad_request(
            "The customer is in that state already.",
        ));
    }
    customer.is_archived = archived;
    Ok(Answer::Done)
}

/// The customer who has the new customer's id, key or e-mail address already, where the switch
/// answers with that customer.
fn existing(world: &World, wanted: &Registration) -> Result<Option<Serial>, Refusal> {
    let taken = wanted.taken(world);
    let Some((_, holder)) = taken.first() else {
        return Ok(None);
    };
    // If the names belong to several customers, the holder of the id answers: `taken` has the id
    // first.
    match world.switches.duplicate_customer {
        DuplicateCustomer::Unprocessable => Err(taken_fields(&taken)),
        DuplicateCustomer::Conflict => Err(Refusal::conflict("The customer exists already.")),
        DuplicateCustomer::Existing => Ok(Some(*holder)),
    }
}
