//! Customers, links, transactions and subscriptions as JSON.

use crate::sandbox::clock::iso;
use crate::sandbox::customer::{Customer, Link, Serial};
use crate::sandbox::json::Json;
use crate::sandbox::money::Amount;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::switches::{CustomerShape, PartnerEcho, PartnerShape, ReferrerEcho};
use crate::sandbox::transactions::Transaction;
use crate::sandbox::world::World;

/// A customer; null if the customer was removed.
pub(super) fn customer(world: &World, serial: Serial) -> Json {
    let customer = world.customers.get(serial);
    customer.map_or(Json::Null, |customer| of_customer(world, customer))
}

/// A customer (D). The field `tos` of O is left out.
pub(super) fn of_customer(world: &World, customer: &Customer) -> Json {
    if world.is_affiliate() {
        return of_affiliate_customer(world, customer);
    }
    let shape = world.switches.customer_shape;
    let is_newer = shape != CustomerShape::KeyOnly;
    let mut data = Json::Object(Vec::new());
    if is_newer {
        data.push("id", customer.id.as_str());
    }
    if shape != CustomerShape::IdOnly {
        data.push("key", customer.key());
    }
    data.push("email", customer.email.as_deref());
    data.push("name", customer.name.as_deref());
    if is_newer {
        data.push("surname", customer.surname.as_deref());
    }
    data.push("status", customer.status());
    if is_newer {
        // The sandbox reviews nobody.
        data.push("approved", true);
    }
    if let Some(referrer) = referring_customer(world, customer) {
        data.push("referring_customer", referrer);
    }
    data.push("referrals_count", customer.referrals.len());
    if is_newer {
        let date_of_birth = customer.date_of_birth.as_deref().into();
        data.push("metadata", Json::object([("date_of_birth", date_of_birth)]));
        data.push("referral_link", world.link(customer.key()));
        let links = customer.links().map(|link| world.link(&link.key).into());
        data.push("referral_links", links.collect::<Vec<Json>>());
        // Always empty, but there: with `EmptyObjects::Lists` it is PHP's `[]`, which a client must
        // be able to read.
        data.push("custom_fields", Json::Object(Vec::new()));
    }
    data.push("created_at", iso(customer.created_at));
    data.push("updated_at", iso(customer.updated_at));
    data
}

/// A customer of an affiliate program (D).
fn of_affiliate_customer(world: &World, customer: &Customer) -> Json {
    let partner = world.partner(customer);
    let mut data = Json::object([("key", customer.key().into())]);
    match world.switches.partner_echo {
        PartnerEcho::Id => data.push("partner", partner.map(|partner| partner.id.as_str())),
        PartnerEcho::Key => data.push("partner", partner.map(Customer::key)),
        PartnerEcho::Absent => {}
    }
    data.push("deleted", customer.is_deleted);
    data.push("name", customer.name.as_deref());
    data.push("surname", customer.surname.as_deref());
    data.push("email", customer.email.as_deref());
    data.push("status", customer.status());
    data.push("created_at", iso(customer.created_at));
    data.push("updated_at", iso(customer.updated_at));
    // Always null. With the position `Marked`, `deleted` and `status` say that the customer is
    // deleted.
    data.push("deleted_at", Json::Null);
    data.push("tags", tags(customer));
    data
}

/// A partner; null if the partner was removed.
pub(super) fn partner(world: &World, serial: Serial) -> Json {
    let partner = world.partners.get(serial);
    partner.map_or(Json::Null, |partner| of_partner(world, partner))
}

/// A partner (D). Which word an archived one has as its status is assumed.
pub(super) fn of_partner(world: &World, partner: &Customer) -> Json {
    let status = if partner.is_archived {
        "archived"
    } else {
        "active"
    };
    let links = partner.links().map(|link| world.link(&link.key).into());
    let mut data = Json::object([
        ("email", partner.email.as_deref().into()),
        ("created_at", iso(partner.created_at).into()),
        ("updated_at", iso(partner.updated_at).into()),
        ("name", partner.name.as_deref().into()),
        ("id", partner.id.as_str().into()),
        ("surname", partner.surname.as_deref().into()),
        ("tos", false.into()),
        ("approved", true.into()),
        ("status", status.into()),
        ("custom_fields", Json::List(Vec::new())),
        ("referrals_count", partner.referrals.len().into()),
        ("tags", tags(partner)),
        ("referral_link", world.link(partner.key()).into()),
        ("referral_links", links.collect::<Vec<Json>>().into()),
    ]);
    if world.switches.partner_shape == PartnerShape::WithKey {
        data.push("key", partner.key());
    }
    data
}

fn tags(customer: &Customer) -> Json {
    let tags = customer.tags.iter();
    // A request has tags as texts, and an answer has them as objects.
    let tags = tags.map(|tag| Json::object([("value", tag.as_str().into())]));
    tags.collect::<Vec<_>>().into()
}

fn referring_customer(world: &World, customer: &Customer) -> Option<Json> {
    let referrer = world.referrer(customer);
    let id = referrer.map(|referrer| ("id", referrer.id.as_str().into()));
    let key = referrer.map(|referrer| ("key", referrer.key().into()));
    Some(match world.switches.referrer_echo {
        ReferrerEcho::IdAndKey => id.zip(key).map(|(id, key)| Json::object([id, key])).into(),
        ReferrerEcho::Key => key.map(|key| Json::object([key])).into(),
        ReferrerEcho::Id => id.map(|id| Json::object([id])).into(),
        ReferrerEcho::Null => Json::Null,
        ReferrerEcho::Absent => return None,
    })
}

/// A customer in the list of referrals of another customer (seed, K).
pub(super) fn referral(customer: &Customer) -> Json {
    Json::object([
        ("email", customer.email.as_deref().into()),
        ("created_at", iso(customer.created_at).into()),
        ("updated_at", iso(customer.updated_at).into()),
        ("key", customer.key().into()),
        ("name", customer.name.as_deref().into()),
        ("status", customer.status().into()),
    ])
}

/// A referral link (O).
pub(super) fn link(world: &World, customer: &Customer, link: &Link) -> Json {
    let redirect_url = link.direct_tracking_redirect_url.as_deref();
    Json::object([
        ("id", link.key.as_str().into()),
        ("key", link.key.as_str().into()),
        ("url", world.link(&link.key).into()),
        ("default", (link.key == customer.key()).into()),
        ("is_additional", link.is_additional.into()),
        ("direct_tracking", link.direct_tracking.into()),
        (
            "direct_tracking_redirect",
            link.direct_tracking_redirect.into(),
        ),
        ("direct_tracking_redirect_url", redirect_url.into()),
    ])
}

/// A transaction (D). It is assumed that `rewards` has an entry, and that the entry looks as in
/// affiliate programs.
pub(super) fn transaction(world: &World, transaction: &Transaction) -> Json {
    let reward = transaction.reward.as_ref();
    let reward = reward.map(|reward| self::reward(world, transaction, reward));
    if world.is_affiliate() {
        return Json::object([
            ("key", transaction.key.as_deref().into()),
            ("action", transaction.action.as_str().into()),
            ("amount", transaction.amount.value.into()),
            ("partner", partner_id(world, transaction.partner)),
            ("customer", id(world, transaction.buyer)),
            ("credit", false.into()),
            ("is_currency", transaction.amount.is_currency.into()),
            ("amount_units", transaction.amount.units.as_str().into()),
            ("created_at", iso(transaction.created_at).into()),
            ("deleted_at", Json::Null),
            ("rewards", reward.into_iter().collect::<Vec<_>>().into()),
        ]);
    }
    Json::object([
        ("key", transaction.key.as_deref().into()),
        ("action", transaction.action.as_str().into()),
        ("amount", transaction.amount.value.into()),
        // The other way round than one expects (D): `customer` is who referred, and
        // `referred_customer` is who bought.
        ("customer", id(world, transaction.referrer)),
        ("referred_customer", id(world, transaction.buyer)),
        ("credit", false.into()),
        ("is_currency", transaction.amount.is_currency.into()),
        ("amount_units", transaction.amount.units.as_str().into()),
        ("created_at", iso(transaction.created_at).into()),
        ("rewards", reward.into_iter().collect::<Vec<_>>().into()),
    ])
}

/// The friend's side of a reward. It is assumed to look as the referrer's.
pub(super) fn friend_reward(
    world: &World,
    friend: Serial,
    key: Option<&str>,
    action: &str,
    reward: &Amount,
) -> Json {
    Json::object([
        ("key", key.into()),
        ("action", action.into()),
        ("status", "ok".into()),
        ("customer", id(world, Some(friend))),
        ("amount", reward.value.into()),
        ("amount_units", reward.units.as_str().into()),
        ("is_currency", reward.is_currency.into()),
        ("credit", false.into()),
    ])
}

/// The reward that a transaction paid.
pub(super) fn reward(world: &World, transaction: &Transaction, reward: &Amount) -> Json {
    // In an affiliate program the buyer stands beside the partner who is paid (D).
    let (customer, partner) = if world.is_affiliate() {
        let partner = partner_id(world, transaction.partner);
        (transaction.buyer, Some(("partner", partner)))
    } else {
        (transaction.referrer, None)
    };
    let mut data = Json::object([
        ("key", transaction.key.as_deref().into()),
        ("action", transaction.action.as_str().into()),
        ("status", "ok".into()),
        ("customer", id(world, customer)),
        ("amount", reward.value.into()),
        ("amount_units", reward.units.as_str().into()),
        ("is_currency", reward.is_currency.into()),
        ("credit", false.into()),
        ("created_at", iso(transaction.created_at).into()),
        ("deleted_at", Json::Null),
        ("product_type_data", Json::Object(Vec::new())),
    ]);
    if let Some((name, partner)) = partner {
        data.push(name, partner);
    }
    data
}

pub(super) fn partner_id(world: &World, serial: Option<Serial>) -> Json {
    let partner = serial.and_then(|serial| world.partners.get(serial));
    partner.map(|partner| partner.id.as_str()).into()
}

fn id(world: &World, serial: Option<Serial>) -> Json {
    let customer = serial.and_then(|serial| world.customers.get(serial));
    customer.map(|customer| customer.id.as_str()).into()
}

/// An entry of a balance (O).
pub(super) fn amount(amount: &Amount) -> Json {
    Json::object([
        ("amount", amount.value.into()),
        ("amount_units", amount.units.as_str().into()),
        ("is_currency", amount.is_currency.into()),
    ])
}

/// A webhook subscription (D).
pub(super) fn subscription(subscription: &Subscription) -> Json {
    let events = subscription
        .events
        .iter()
        .map(|event| event.as_str().into());
    Json::object([
        ("key", subscription.key.as_str().into()),
        ("name", subscription.name.as_str().into()),
        ("url", subscription.url.as_str().into()),
        ("is_active", subscription.is_active.into()),
        ("signature", subscription.signature.as_str().into()),
        ("events", events.collect::<Vec<_>>().into()),
    ])
}
