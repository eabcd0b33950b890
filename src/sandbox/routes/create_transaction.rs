//! `POST /v1/transactions`, one or a batch, for a known customer or a new one.

use std::collections::HashSet;
use std::time::SystemTime;

use super::call::Call;
use super::notices;
use super::registration::Registration;
use super::views;
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::clock;
use crate::sandbox::customer::Serial;
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::money::Amount;
use crate::sandbox::reward::RewardTrigger;
use crate::sandbox::switches::{
    ActionField, RepeatedTransaction, TransactionTime, UnknownBuyer, UnreferredSale,
};
use crate::sandbox::transactions::Transaction;
use crate::sandbox::world::World;

/// A sale as a body describes it, or a payment provider.
pub(super) struct Sale {
    pub(super) key: Option<String>,
    pub(super) action: String,
    pub(super) amount: Amount,
    pub(super) pays: bool,
    pub(super) created_at: SystemTime,
}

/// It is assumed that a batch is taken as a whole or not at all.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let body = call.body()?;
    let mut input = Input::new(body);
    let creates_customer = input.boolean("options.create_customer").unwrap_or(false);
    let customer = Registration::read(&mut input, world, "customer.");
    if creates_customer {
        // Only a customer who may be created has to be complete.
        customer.check(&mut input, world, "customer.");
    } else if customer.is_nameless() {
        input.required::<()>("customer", None);
    }
    let batch = input.list("transactions");
    let sales: Vec<Sale> = match batch {
        // A sale that cannot be read has left its mistake in `input`, and `finish` tells it.
        None => Sale::read(&mut input, world).into_iter().collect(),
        Some(items) => {
            let parts = items.iter().enumerate().filter_map(|(index, item)| {
                let mut part = Input::nested(item, format!("transactions.{index}."));
                let sale = Sale::read(&mut part, world);
                input.absorb(part);
                sale
            });
            parts.collect()
        }
    };
    // All mistakes of all parts are known here, and nothing was changed yet: a batch is taken as a
    // whole or not at all.
    input.finish()?;
    // Before the buyer, who may be created by this very request.
    refuse_repeated(world, &sales)?;

    let buyer = buyer(world, customer, creates_customer)?;
    let mut views: Vec<Json> = Vec::new();
    for sale in sales {
        let number = existing(world, &sale).unwrap_or_else(|| record(world, buyer, None, sale));
        let recorded = world.transactions.get(number);
        views.extend(recorded.map(|transaction| views::transaction(world, transaction)));
    }
    // With the position `Existing`, an earlier sale gets this status as well: the answer alone does
    // not tell a client whether the sale counted before.
    Ok(Answer::Created(match batch {
        None => views.pop().into(),
        Some(_) => views.into(),
    }))
}

impl Sale {
    fn read(input: &mut Input<'_>, world: &World) -> Option<Self> {
        let key = input.text("key");
        let action = input.text("action");
        let action = match world.switches.action_field {
            ActionField::Optional => action.unwrap_or_else(|| "sale".to_owned()),
            ActionField::Required => input.required("action", action).unwrap_or_default(),
        };
        let value = input.amount("amount");
        let value = input.required("amount", value);
        let units = input.text("amount_units");
        let units = units.unwrap_or_else(|| world.settings.currency.clone());
        // These are the documented defaults (D).
        let is_rewarded = input.boolean("rewarded").unwrap_or(false);
        let is_rewardable = input.boolean("rewardable").unwrap_or(true);
        let created_at = created_at(input, world.switches.transaction_time);
        Some(Self {
            key,
            action,
            amount: Amount::new(value?, &units, true),
            pays: is_rewardable && !is_rewarded,
            created_at: created_at.unwrap_or_else(SystemTime::now),
        })
    }
}

fn created_at(input: &mut Input<'_>, form: TransactionTime) -> Option<SystemTime> {
    let read = match (input.value("created_at")?, form) {
        (Json::Number(text), TransactionTime::Both | TransactionTime::Unix) => {
            text.parse().ok().and_then(clock::unix)
        }
        (Json::Text(text), TransactionTime::Both | TransactionTime::Text) => clock::parse(text),
        _ => None,
    };
    read.or_else(|| input.refuse("created_at", "is no time"))
}

/// Refuses a key that an earlier transaction has, or another transaction of this batch, if the
/// switch says so.
fn refuse_repeated(world: &World, sales: &[Sale]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    let mut keys = sales.iter().filter_map(|sale| sale.key.as_deref());
    let is_repeated =
        keys.any(|key| !seen.insert(key) || !world.transactions.with_key(key).is_empty());
    match world.switches.repeated_transaction {
        RepeatedTransaction::Unprocessable if is_repeated => Err(Refusal::taken("key")),
        RepeatedTransaction::Conflict if is_repeated => {
            Err(Refusal::conflict("The transaction exists already."))
        }
        _ => Ok(()),
    }
}

/// The earlier transaction with this key, if the switch says that it is the answer to a repeated
/// key.
fn existing(world: &World, sale: &Sale) -> Option<u64> {
    if world.switches.repeated_transaction != RepeatedTransaction::Existing {
        return None;
    }
    let earlier = world.transactions.with_key(sale.key.as_deref()?);
    earlier.first().copied()
}

/// Who buys; `None` for a sale that is recorded without a customer. It is assumed that the id
/// counts before the key, and the key before the e-mail address.
fn buyer(world: &mut World, named: Registration, creates: bool) -> Result<Option<Serial>, Refusal> {
    let by_id = named.id.as_deref().and_then(|id| world.customers.by_id(id));
    let by_key = || named.key.as_deref().and_then(|key| world.by_key(key));
    let by_email = || {
        named
            .email
            .as_deref()
            .and_then(|email| world.customers.by_email(email))
    };
    // A new customer who has one of the names already is that customer. For a known customer only
    // the first name that the body has counts.
    let known = if creates {
        by_id.or_else(by_key).or_else(by_email)
    } else if named.id.is_some() {
        by_id
    } else if named.key.is_some() {
        by_key()
    } else {
        by_email()
    };
    let serial = match known {
        Some(serial) => serial,
        // Nobody was found by any of the names, so all of them are free.
        None if creates => named.insert(world)?,
        None => {
            let message = "The customer was not found.";
            return match world.switches.unknown_buyer {
                UnknownBuyer::Unprocessable => Err(Refusal::invalid("customer", message)),
                UnknownBuyer::NotFound => Err(Refusal::not_found(message)),
                UnknownBuyer::ForNobody => Ok(None),
            };
        }
    };
    let buyer = world.customers.get(serial);
    // A customer whom this very request has created stays, even if the sale is refused here. No source
    // says what Partnero does.
    if buyer.is_some_and(|buyer| buyer.referrer.is_none() && buyer.partner.is_none()) {
        let message = "The customer was not referred.";
        match world.switches.unreferred_sale {
            UnreferredSale::Unprocessable => return Err(Refusal::invalid("customer", message)),
            UnreferredSale::NotFound => return Err(Refusal::not_found(message)),
            UnreferredSale::Recorded => {}
        }
    }
    Ok(Some(serial))
}

/// Records a sale and pays its rewards. `partner` is who is paid if nobody brought the buyer.
pub(super) fn record(
    world: &mut World,
    buyer: Option<Serial>,
    partner: Option<Serial>,
    sale: Sale,
) -> u64 {
    let customer = buyer.and_then(|buyer| world.customers.get(buyer));
    let referrer = customer.and_then(|buyer| buyer.referrer);
    // Who brought the buyer was settled at the sign-up (H/204), so a partner in a payment's
    // metadata comes second.
    let partner = customer.and_then(|buyer| buyer.partner).or(partner);
    let reward = world.settings.reward.of(&sale.amount).filter(|_| sale.pays);
    let friend_reward = world.settings.friend_reward.as_ref();
    let friend_reward = friend_reward.filter(|reward| {
        // A sale that paid no reward does not count as the first one, which is assumed.
        let is_later = || {
            world
                .transactions
                .iter()
                .any(|(_, sale)| sale.buyer == buyer && sale.friend_reward.is_some())
        };
        match reward.trigger {
            RewardTrigger::SignUp => false,
            RewardTrigger::FirstSale => !is_later(),
            RewardTrigger::Sale => true,
        }
    });
    let friend_reward = friend_reward
        .and_then(|reward| reward.rule.of(&sale.amount))
        .filter(|_| sale.pays && referrer.is_some());
    let payee = world.payee_mut(referrer, partner);
    // Archived people stop earning (N8N).
    let payee = payee.filter(|payee| !payee.is_archived);
    // Into the balance at once. Partnero may hold a reward back for review; no API shows that.
    let reward = payee.zip(reward).map(|(payee, reward)| {
        payee.balance.add(&reward);
        reward
    });
    let friend = buyer.and_then(|buyer| world.customers.get_mut(buyer));
    if let (Some(friend), Some(reward)) = (friend, &friend_reward) {
        friend.balance.add(reward);
    }
    let number = world.transactions.insert(Transaction {
        key: sale.key,
        action: sale.action,
        amount: sale.amount,
        buyer,
        referrer,
        partner,
        reward,
        friend_reward,
        created_at: sale.created_at,
    });
    // In the order in which a receiver would expect them: first the sale, then what it paid.
    notices::transaction(world, "transaction.created", number);
    notices::rewarded(world, number);
    notices::friend_rewarded(world, number);
    number
}
