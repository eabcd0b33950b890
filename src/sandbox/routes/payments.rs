//! Payments that Partnero's own integration with a payment provider sees. This is no endpoint of
//! Partnero's: it plays what happens between Partnero and the provider.

use std::time::SystemTime;

use super::call::Call;
use super::create_transaction::{Sale, record};
use super::views;
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::customer::Serial;
use crate::sandbox::input::Input;
use crate::sandbox::money::Amount;
use crate::sandbox::switches::{PaymentCustomer, UnknownBuyer, UnreferredSale};
use crate::sandbox::world::World;

/// A payment, and what its metadata names.
pub(in crate::sandbox) struct Payment {
    pub(in crate::sandbox) key: String,
    pub(in crate::sandbox) amount: Amount,
    pub(in crate::sandbox) customer_key: Option<String>,
    pub(in crate::sandbox) partner_key: Option<String>,
}

/// `POST /v1/sandbox/payments`, for programs in other languages.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let key = input.text("key");
    let key = input.required("key", key);
    let value = input.amount("amount");
    let value = input.required("amount", value);
    let units = input.text("currency");
    let units = units.unwrap_or_else(|| world.settings.currency.clone());
    let customer_key = input.text("metadata.customer_key");
    let partner_key = input.text("metadata.partner_key");
    input.finish()?;
    let payment = key.zip(value).map(|(key, value)| Payment {
        key,
        amount: Amount::new(value, &units, true),
        customer_key,
        partner_key,
    });
    let number = payment.and_then(|payment| observe(world, payment));
    let transaction = number.and_then(|number| world.transactions.get(number));
    let view = transaction.map(|transaction| views::transaction(world, transaction));
    Ok(Answer::Data(view.into()))
}

/// Records the payment as a transaction and pays the reward. `None` if Partnero ignores the payment,
/// because it finds nobody to whom the payment belongs. Nobody is told of that: the app does not ask.
pub(in crate::sandbox) fn observe(world: &mut World, payment: Payment) -> Option<u64> {
    let buyer = payment.customer_key.as_deref();
    let buyer = buyer.and_then(|name| find(world, name));
    let partner = payment.partner_key.as_deref();
    let partner = partner.and_then(|key| world.partner_by_key(key));
    // A known customer counts before a partner: who brought the customer is settled already.
    let customer = buyer.and_then(|buyer| world.customers.get(buyer));
    let is_recorded = match customer {
        Some(customer) if customer.referrer.is_some() || customer.partner.is_some() => true,
        _ if partner.is_some() => true,
        // What becomes of such a payment is assumed to be as with the app's own sales.
        Some(_) => world.switches.unreferred_sale == UnreferredSale::Recorded,
        None => world.switches.unknown_buyer == UnknownBuyer::ForNobody,
    };
    let sale = Sale {
        key: Some(payment.key),
        action: "sale".to_owned(),
        amount: payment.amount,
        pays: true,
        created_at: SystemTime::now(),
    };
    is_recorded.then(|| record(world, buyer, partner, sale))
}

fn find(world: &World, name: &str) -> Option<Serial> {
    let found = match world.switches.payment_customer {
        PaymentCustomer::Key => world.by_key(name),
        PaymentCustomer::KeyThenId => world.by_key(name).or_else(|| world.customers.by_id(name)),
    };
    let is_there = |serial: &Serial| {
        let customer = world.customers.get(*serial);
        customer.is_some_and(|customer| !customer.is_deleted)
    };
    found.filter(is_there)
}
