//! The notices that become webhooks.
//!
//! No source shows the `data` of webhooks of a refer-a-friend program. It is assumed to be what the
//! API answers about the same customer or transaction.

use super::views;
use crate::sandbox::customer::Serial;
use crate::sandbox::json::Json;
use crate::sandbox::money::Amount;
use crate::sandbox::switches::RewardedData;
use crate::sandbox::world::World;

/// `customer.created`, `customer.updated` or `customer.deleted`. Call it for the last one before
/// the customer is removed.
pub(super) fn customer(world: &mut World, event: &'static str, serial: Serial) {
    let data = views::customer(world, serial);
    world.notices.push(event, data);
}

/// An event of a partner. Call it for `partner.deleted` before the partner is removed.
pub(super) fn partner(world: &mut World, event: &'static str, serial: Serial) {
    let data = views::partner(world, serial);
    world.notices.push(event, data);
}

/// `transaction.created` or `transaction.deleted`. Call it for the second one before the
/// transaction is removed.
pub(super) fn transaction(world: &mut World, event: &'static str, number: u64) {
    let Some(transaction) = world.transactions.get(number) else {
        return;
    };
    let data = views::transaction(world, transaction);
    world.notices.push(event, data);
}

/// `customer.rewarded`, if the transaction paid a customer a reward.
pub(super) fn rewarded(world: &mut World, number: u64) {
    let Some(transaction) = world.transactions.get(number) else {
        return;
    };
    let (Some(referrer), Some(reward)) = (transaction.referrer, &transaction.reward) else {
        return;
    };
    let reward = views::reward(world, transaction, reward);
    push_rewarded(world, referrer, reward);
}

/// `customer.rewarded`, if the transaction paid the buyer the friend's side of a reward.
pub(super) fn friend_rewarded(world: &mut World, number: u64) {
    let Some(transaction) = world.transactions.get(number) else {
        return;
    };
    let (Some(buyer), Some(reward)) = (transaction.buyer, &transaction.friend_reward) else {
        return;
    };
    let key = transaction.key.as_deref();
    let reward = views::friend_reward(world, buyer, key, &transaction.action, reward);
    push_rewarded(world, buyer, reward);
}

/// `customer.rewarded`, for the friend's side of a reward that was due at the sign-up.
pub(super) fn sign_up_rewarded(world: &mut World, friend: Serial, reward: &Amount) {
    let reward = views::friend_reward(world, friend, None, "signup", reward);
    push_rewarded(world, friend, reward);
}

fn push_rewarded(world: &mut World, customer: Serial, reward: Json) {
    // No source shows the data of this event, so a receiver must be able to read each form.
    let data = match world.switches.rewarded_data {
        RewardedData::Customer => views::customer(world, customer),
        RewardedData::Both => Json::object([
            ("customer", views::customer(world, customer)),
            ("reward", reward),
        ]),
        RewardedData::Reward => reward,
    };
    world.notices.push("customer.rewarded", data);
}

/// `customer.credited`.
pub(super) fn credited(world: &mut World, serial: Serial, credit: &Amount) {
    let customer = views::customer(world, serial);
    let data = match world.switches.rewarded_data {
        RewardedData::Customer => customer,
        RewardedData::Both => Json::object([("customer", customer)]),
        RewardedData::Reward => {
            let id = world
                .customers
                .get(serial)
                .map(|customer| customer.id.as_str());
            let mut data = views::amount(credit);
            data.push("customer", id);
            data
        }
    };
    world.notices.push("customer.credited", data);
}
