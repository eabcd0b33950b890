//! Reading, listing, finding and removing customers.

use super::call::Call;
use super::{notices, paging, views};
use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::customer::{Customer, Serial};
use crate::sandbox::switches::{DeletedCustomer, DeletedCustomerSales, SearchMatch, SearchMiss};
use crate::sandbox::world::World;

/// `GET /v1/customers/{id}`
pub(super) fn read(world: &mut World, call: &Call) -> Outcome {
    Ok(Answer::Data(views::customer(world, call.customer(world)?)))
}

/// `GET /v1/customers`
pub(super) fn list(world: &mut World, call: &Call) -> Outcome {
    let wanted = match call.query("refer_status") {
        None => None,
        Some("referred") => Some(true),
        Some("non_referred") => Some(false),
        Some(_) => {
            let text = "The refer_status must be referred or non_referred.";
            return Err(Refusal::invalid("refer_status", text));
        }
    };
    let customers = world
        .customers
        .iter()
        .filter(|customer| wanted.is_none_or(|referred| customer.referrer.is_some() == referred));
    paging::list(world, call, customers, |customer| {
        views::of_customer(world, customer)
    })
}

/// `GET /v1/customers:search`
pub(super) fn search(world: &mut World, call: &Call) -> Outcome {
    let terms = ["id", "key", "email"].map(|name| call.query(name));
    let [id, key, email] = terms;
    if terms.iter().all(Option::is_none) {
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

/// `DELETE /v1/customers/{id}`
pub(super) fn delete(world: &mut World, call: &Call) -> Outcome {
    let serial = call.customer(world)?;
    if world.switches.deleted_customer_sales == DeletedCustomerSales::Removed {
        let sales = world.transactions.iter();
        let sales = sales.filter(|(_, sale)| sale.buyer == Some(serial));
        let numbers: Vec<u64> = sales.map(|(number, _)| number).collect();
        for number in numbers {
            notices::transaction(world, "transaction.deleted", number);
            world.remove_transaction(number);
        }
    }
    notices::customer(world, "customer.deleted", serial);
    match (
        world.switches.deleted_customer,
        world.customers.get_mut(serial),
    ) {
        (DeletedCustomer::Marked, Some(customer)) => customer.is_deleted = true,
        _ => world.customers.remove(serial),
    }
    Ok(Answer::Done)
}

/// `POST /v1/customers/{id}/archive`
pub(super) fn archive(world: &mut World, call: &Call) -> Outcome {
    set_archived(world, call.customer(world)?, true)
}

/// `POST /v1/customers/{id}/revoke-archive`
pub(super) fn revoke_archive(world: &mut World, call: &Call) -> Outcome {
    set_archived(world, call.customer(world)?, false)
}

/// What an archived customer cannot do any more, no source says; here it can do everything. The
/// 400 for one that is in that state already is Partnero's for transactions (D).
fn set_archived(world: &mut World, serial: Serial, archived: bool) -> Outcome {
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
