//! Webhook subscriptions.

use super::call::Call;
use super::paging::{self, Bounds};
use super::views;
use crate::referral::ProgramKind;
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::input::Input;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::world::World;

/// The events that a refer-a-friend program can subscribe to. Partnero refuses others (N8N).
const REFER_A_FRIEND: &[&str] = &[
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.rewarded",
    "customer.credited",
    "transaction.created",
    "transaction.deleted",
];

/// The same for an affiliate program (N8N). The sandbox approves every partner.
const AFFILIATE: &[&str] = &[
    "partner.created",
    "partner.updated",
    "partner.deleted",
    "partner.approved",
    "partner.rejected",
    "partner.archived",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "transaction.created",
    "transaction.deleted",
    "lead.submitted",
    "lead.converted",
    "lead.rejected",
];

/// `POST /v1/webhooks`
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let mut input = Input::new(call.body()?);
    let key = input.text("key");
    let fields = Fields::read(&mut input, world.settings.program);
    let name = input.required("name", fields.name);
    let url = input.required("url", fields.url);
    let events = input.required("events", fields.events);
    input.finish()?;
    let (Some(name), Some(url), Some(events)) = (name, url, events) else {
        return Err(Refusal::bad_request("The webhook is incomplete."));
    };
    if key
        .as_deref()
        .is_some_and(|key| world.subscriptions.get(key).is_some())
    {
        return Err(Refusal::taken("key"));
    }
    let subscription = Subscription {
        key: key.unwrap_or_else(|| world.random.alphanumeric(12)),
        name,
        url,
        is_active: fields.is_active.unwrap_or(true),
        // Partnero chooses the secret, not the app.
        signature: world.random.alphanumeric(16),
        events,
    };
    let view = views::subscription(&subscription);
    world.subscriptions.insert(subscription);
    Ok(Answer::Created(view))
}

/// `GET /v1/webhooks`, with a `limit` of 10 to 100 and 10 by default (O).
pub(super) fn list(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let bounds = Bounds {
        least: 10,
        usual: 10,
        most: 100,
    };
    let subscriptions = world.subscriptions.iter();
    paging::list_within(bounds, world, call, subscriptions, views::subscription)
}

/// `GET /v1/webhooks/{key}`
pub(super) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let subscription = world.subscriptions.get(call.segment());
    let subscription = subscription.ok_or_else(not_found)?;
    Ok(Answer::Data(views::subscription(subscription)))
}

/// `PUT /v1/webhooks/{key}`
pub(super) fn update(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let program = world.settings.program;
    // Before the body is read: an unknown webhook is a 404, also if the body has mistakes.
    let subscription = world.subscriptions.get_mut(call.segment());
    let subscription = subscription.ok_or_else(not_found)?;
    let mut input = Input::new(call.body()?);
    let fields = Fields::read(&mut input, program);
    input.finish()?;
    if let Some(name) = fields.name {
        subscription.name = name;
    }
    if let Some(url) = fields.url {
        subscription.url = url;
    }
    if let Some(events) = fields.events {
        subscription.events = events;
    }
    subscription.is_active = fields.is_active.unwrap_or(subscription.is_active);
    Ok(Answer::Data(views::subscription(subscription)))
}

/// `DELETE /v1/webhooks/{key}`
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let subscription = world.subscriptions.get(call.segment());
    subscription.ok_or_else(not_found)?;
    world.subscriptions.remove(call.segment());
    Ok(Answer::Done)
}

struct Fields {
    name: Option<String>,
    url: Option<String>,
    events: Option<Vec<String>>,
    is_active: Option<bool>,
}

impl Fields {
    /// The limit of the name is assumed, because N8N cuts names to 100 characters.
    fn read(input: &mut Input<'_>, program: ProgramKind) -> Self {
        let known = match program {
            ProgramKind::ReferAFriend => REFER_A_FRIEND,
            ProgramKind::Affiliate => AFFILIATE,
        };
        let fields = Self {
            name: input.text("name"),
            url: input.text("url"),
            events: input.texts("events"),
            is_active: input.boolean("is_active"),
        };
        if fields
            .name
            .as_deref()
            .is_some_and(|name| name.chars().count() > 100)
        {
            input.refuse::<()>("name", "must not be longer than 100 characters");
        }
        let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if fields.url.as_deref().is_some_and(|url| !is_web(url)) {
            input.refuse::<()>("url", "must be a URL");
        }
        let events = fields.events.as_deref().unwrap_or_default();
        if events.iter().any(|event| !known.contains(&event.as_str())) {
            input.refuse::<()>("events", "have one that this kind of program does not send");
        }
        fields
    }
}

fn not_found() -> Refusal {
    Refusal::not_found("Webhook not found.")
}
