//! Reading, listing and deleting transactions.

use super::call::Call;
use super::{notices, paging, views};
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::input::Input;
use crate::sandbox::switches::DeletePath;
use crate::sandbox::transactions::Transaction;
use crate::sandbox::world::World;

/// `GET /v1/transactions`
///
/// `customer` (O) is the buyer. `partner` (N8N, for affiliate programs) is assumed to be the
/// referrer in a refer-a-friend program.
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let buyer = call.filter(world, "customer");
    let payee = call.payee_filter(world);
    let view = |transaction: &Transaction| views::transaction(world, transaction);
    let is_meant = |sale: &&Transaction| {
        buyer.lets_through(sale.buyer) && payee.lets_through(sale.partner.or(sale.referrer))
    };
    // A client looks each doubtful sale up by its key, so there is an index for it.
    let Some(key) = call.parameter("key") else {
        let all = world
            .transactions
            .iter()
            .map(|(_, transaction)| transaction);
        return paging::list(world, call, all.filter(is_meant), view);
    };
    // Several sales may have the key (N8N), and the switch says which of them is meant.
    let numbers = world.transactions.with_key(key).iter();
    let named = numbers.filter_map(|number| world.transactions.get(*number));
    paging::list(world, call, named.filter(is_meant), view)
}

/// `GET /v1/customers/{id}/transactions`
///
/// It is assumed that the list has the sales in which this customer bought.
pub(super) fn of_customer(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let buyer = Some(call.customer(world)?);
    let sales = world.transactions.iter().map(|(_, sale)| sale);
    let sales = sales.filter(|sale| sale.buyer == buyer);
    paging::list(world, call, sales, |sale| views::transaction(world, sale))
}

/// `GET /v1/transactions/{key}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let numbers = world
        .transactions
        .meant(call.segment(), world.switches.repeated_key);
    let transaction = numbers
        .first()
        .and_then(|number| world.transactions.get(*number));
    let transaction = transaction.ok_or_else(not_found)?;
    Ok(Answer::Data(views::transaction(world, transaction)))
}

/// `DELETE /v1/transactions/{key}`
pub(super) fn delete_by_path(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let has_body = call.body().is_ok_and(|body| body.get("key").is_some());
    match world.switches.delete_path {
        DeletePath::Works => delete(world, call.segment()),
        DeletePath::NeedsBody if has_body => delete_by_body(world, call),
        DeletePath::NeedsBody => Err(not_found()),
    }
}

/// `DELETE /v1/transactions` with the `key` in the body.
pub(super) fn delete_by_body(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let key = input.text("key");
    let key = input.required("key", key);
    input.finish()?;
    delete(world, &key.unwrap_or_default())
}

fn delete(world: &mut World, key: &str) -> Result<Answer, Refusal> {
    let numbers = world
        .transactions
        .meant(key, world.switches.repeated_key)
        .to_vec();
    if numbers.is_empty() {
        return Err(not_found());
    }
    for number in numbers {
        // Before the sale is removed: the event shows it as it was.
        notices::transaction(world, "transaction.deleted", number);
        world.remove_transaction(number);
    }
    Ok(Answer::Done)
}

fn not_found() -> Refusal {
    Refusal::not_found("Transaction not found.")
}
