//! How things look in answers.

use crate::sandbox::clock::iso;
use crate::sandbox::customers::Customer;
use crate::sandbox::json::Json;
use crate::sandbox::switches::{CustomerShape, ReferrerEcho};
use crate::sandbox::world::World;

/// A customer, as creating and reading it answer (D; `tos` of O is left out).
pub(super) fn customer(world: &World, customer: &Customer) -> Json {
    let shape = world.switches.customer_shape;
    let is_newer = shape != CustomerShape::KeyOnly;
    let mut data = Json::Object(Vec::new());
    if is_newer {
        data.push("id", customer.id.as_str());
    }
    if shape != CustomerShape::IdOnly {
        data.push("key", customer.key.as_str());
    }
    data.push("email", customer.email.as_deref());
    data.push("name", customer.name.as_deref());
    if is_newer {
        data.push("surname", customer.surname.as_deref());
    }
    data.push("status", "active");
    if is_newer {
        data.push("approved", true);
    }
    if let Some(referrer) = referring_customer(world, customer) {
        data.push("referring_customer", referrer);
    }
    data.push("referrals_count", customer.referrals.len());
    if is_newer {
        let date_of_birth = customer.date_of_birth.as_deref().into();
        data.push("metadata", Json::object([("date_of_birth", date_of_birth)]));
        let link = world.link(&customer.key);
        data.push("referral_link", link.as_str());
        data.push("referral_links", vec![link.into()]);
        data.push("custom_fields", Json::Object(Vec::new()));
    }
    data.push("created_at", iso(customer.created_at));
    data.push("updated_at", iso(customer.updated_at));
    data
}

fn referring_customer(world: &World, customer: &Customer) -> Option<Json> {
    let referrer = customer
        .referrer
        .and_then(|serial| world.customers.get(serial));
    let echo = |fields: fn(&Customer) -> Json| Some(referrer.map(fields).into());
    match world.switches.referrer_echo {
        ReferrerEcho::IdAndKey => echo(|referrer| {
            let (id, key) = (referrer.id.as_str(), referrer.key.as_str());
            Json::object([("id", id.into()), ("key", key.into())])
        }),
        ReferrerEcho::Key => echo(|referrer| Json::object([("key", referrer.key.as_str().into())])),
        ReferrerEcho::Id => echo(|referrer| Json::object([("id", referrer.id.as_str().into())])),
        ReferrerEcho::Null => Some(Json::Null),
        ReferrerEcho::Absent => None,
    }
}

/// A customer among somebody's referrals (seed, K).
pub(super) fn referral(customer: &Customer) -> Json {
    Json::object([
        ("email", customer.email.as_deref().into()),
        ("created_at", iso(customer.created_at).into()),
        ("updated_at", iso(customer.updated_at).into()),
        ("key", customer.key.as_str().into()),
        ("name", customer.name.as_deref().into()),
        ("status", "active".into()),
    ])
}
