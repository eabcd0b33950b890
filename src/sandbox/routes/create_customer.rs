//! `POST /v1/customers`

use std::time::SystemTime;

use http::StatusCode;

use super::call::Call;
use super::customers::answer;
use crate::sandbox::answer::{FieldError, Outcome, Refusal};
use crate::sandbox::customers::{Customer, Customers, Serial};
use crate::sandbox::input::Input;
use crate::sandbox::json::Json;
use crate::sandbox::switches::{DuplicateCustomer, UnknownReferrer};
use crate::sandbox::world::World;

pub(super) fn create(world: &mut World, call: &Call) -> Outcome {
    let wanted = Wanted::read(call.body()?)?;
    let taken = wanted.taken(&world.customers);
    if let Some((_, existing)) = taken.first() {
        return match world.switches.duplicate_customer {
            DuplicateCustomer::Unprocessable => Err(taken_fields(&taken)),
            DuplicateCustomer::Conflict => Err(Refusal::Plain(
                StatusCode::CONFLICT,
                "The customer exists already.".to_owned(),
            )),
            DuplicateCustomer::Existing => answer(world, *existing),
        };
    }
    let referrer = match &wanted.referrer {
        Some(named) => find_referrer(world, named)?,
        None => None,
    };
    let serial = insert(world, wanted, referrer);
    answer(world, serial)
}

/// What the body asks for.
struct Wanted {
    id: Option<String>,
    key: Option<String>,
    email: Option<String>,
    name: Option<String>,
    surname: Option<String>,
    date_of_birth: Option<String>,
    referrer: Option<NamedReferrer>,
}

enum NamedReferrer {
    Id(String),
    Key(String),
}

impl Wanted {
    fn read(body: &Json) -> Result<Self, Refusal> {
        let mut input = Input::new(body);
        let referring_customer = input.value("referring_customer");
        if referring_customer.is_some_and(|json| !matches!(json, Json::Object(_))) {
            input.refuse::<()>("referring_customer", "must be an object");
        }
        // Of both, the id counts (seed, O).
        let id = input.text("referring_customer.id").map(NamedReferrer::Id);
        let key = input.text("referring_customer.key").map(NamedReferrer::Key);
        let wanted = Self {
            id: input.text("id"),
            key: input.text("key"),
            email: input.email("email"),
            name: input.text("name"),
            surname: input.text("surname"),
            date_of_birth: input.text("metadata.date_of_birth"),
            referrer: id.or(key),
        };
        input.finish()?;
        Ok(wanted)
    }

    /// The fields whose value another customer has, with that customer.
    fn taken(&self, customers: &Customers) -> Vec<(&'static str, Serial)> {
        let holders = [
            ("id", self.id.as_deref().and_then(|id| customers.by_id(id))),
            (
                "key",
                self.key.as_deref().and_then(|key| customers.by_key(key)),
            ),
            (
                "email",
                self.email
                    .as_deref()
                    .and_then(|email| customers.by_email(email)),
            ),
        ];
        let holders = holders.into_iter();
        holders
            .filter_map(|(field, holder)| Some((field, holder?)))
            .collect()
    }
}

fn taken_fields(taken: &[(&str, Serial)]) -> Refusal {
    let errors = taken.iter().map(|(field, _)| FieldError {
        field: (*field).to_owned(),
        text: format!("The {field} has already been taken."),
    });
    Refusal::Invalid(errors.collect())
}

fn find_referrer(world: &World, named: &NamedReferrer) -> Result<Option<Serial>, Refusal> {
    let (NamedReferrer::Id(text) | NamedReferrer::Key(text)) = named;
    let found = match named {
        NamedReferrer::Id(id) => world.customers.by_id(id),
        NamedReferrer::Key(key) => world.customers.by_key(key),
    };
    if found.is_some() && !world.refused_referrers.contains(text) {
        return Ok(found);
    }
    let message = "The referring customer was not found.";
    match world.switches.unknown_referrer {
        UnknownReferrer::BadRequest => Err(Refusal::bad_request(message)),
        UnknownReferrer::NotFound => Err(Refusal::not_found(message)),
        UnknownReferrer::Unprocessable => Err(Refusal::invalid("referring_customer", message)),
        UnknownReferrer::Unreferred => Ok(None),
    }
}

fn insert(world: &mut World, wanted: Wanted, referrer: Option<Serial>) -> Serial {
    let now = SystemTime::now();
    let id = wanted.id.unwrap_or_else(|| world.random.alphanumeric(12));
    let key = wanted.key.unwrap_or_else(|| world.random.alphanumeric(12));
    world.customers.insert(Customer {
        id,
        key,
        email: wanted.email,
        name: wanted.name,
        surname: wanted.surname,
        date_of_birth: wanted.date_of_birth,
        referrer,
        referrals: Vec::new(),
        created_at: now,
        updated_at: now,
    })
}
