//! The fields from which a customer is created, by any endpoint that can do so.

use std::time::SystemTime;

use super::notices;
use crate::sandbox::answer::{FieldError, Refusal};
use crate::sandbox::customer::{Customer, Link, Serial};
use crate::sandbox::input::Input;
use crate::sandbox::money::Balance;
use crate::sandbox::switches::{EmailField, UnknownReferrer};
use crate::sandbox::world::World;

/// The customer that the body describes.
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) id: Option<String>,
    pub(super) key: Option<String>,
    pub(super) email: Option<String>,
    name: Option<String>,
    surname: Option<String>,
    date_of_birth: Option<String>,
    tags: Vec<String>,
    referrer: Option<NamedReferrer>,
}

/// The id or the key in a `referring_customer`.
#[derive(Debug)]
enum NamedReferrer {
    Id(String),
    Key(String),
}

impl Registration {
    /// Reads the fields whose names begin with a prefix such as `customer.`.
    pub(super) fn read(input: &mut Input<'_>, prefix: &str) -> Self {
        let path = |name: &str| format!("{prefix}{name}");
        Self {
            id: input.text(&path("id")),
            key: input.text(&path("key")),
            email: input.email(&path("email")),
            name: input.text(&path("name")),
            surname: input.text(&path("surname")),
            date_of_birth: input.text(&path("metadata.date_of_birth")),
            tags: input.texts(&path("tags")).unwrap_or_default(),
            referrer: NamedReferrer::read(input, &path("referring_customer")),
        }
    }

    /// Refuses a new customer without an e-mail address, if the switch says so. A body that names
    /// an existing customer needs no address.
    pub(super) fn require_email(&self, input: &mut Input<'_>, world: &World, prefix: &str) {
        if world.switches.email_field == EmailField::Required {
            input.required(&format!("{prefix}email"), self.email.as_ref());
        }
    }

    /// Whether the body has neither id nor key nor e-mail address.
    pub(super) fn is_nameless(&self) -> bool {
        self.id.is_none() && self.key.is_none() && self.email.is_none()
    }

    /// The fields whose value an existing customer has, each with that customer.
    pub(super) fn taken(&self, world: &World) -> Vec<(&'static str, Serial)> {
        let customers = &world.customers;
        let id = self.id.as_deref().and_then(|id| customers.by_id(id));
        let key = self.key.as_deref().and_then(|key| world.by_key(key));
        let email = self
            .email
            .as_deref()
            .and_then(|email| customers.by_email(email));
        let holders = [("id", id), ("key", key), ("email", email)].into_iter();
        holders
            .filter_map(|(field, holder)| Some((field, holder?)))
            .collect()
    }

    /// Creates the customer. Its id, key and e-mail address must be free.
    pub(super) fn insert(self, world: &mut World) -> Result<Serial, Refusal> {
        let referrer = match &self.referrer {
            Some(named) => named.find(world)?,
            None => None,
        };
        let now = SystemTime::now();
        let customer = Customer {
            id: self.id.unwrap_or_else(|| world.free_id()),
            email: self.email,
            name: self.name,
            surname: self.surname,
            date_of_birth: self.date_of_birth,
            tags: self.tags,
            default_link: Link::new(self.key.unwrap_or_else(|| world.free_key()), false),
            other_links: Vec::new(),
            referrer,
            referrals: Vec::new(),
            balance: Balance::default(),
            is_deleted: false,
            is_archived: false,
            created_at: now,
            updated_at: now,
        };
        let serial = world.customers.insert(customer);
        notices::customer(world, "customer.created", serial);
        Ok(serial)
    }
}

impl NamedReferrer {
    fn read(input: &mut Input<'_>, path: &str) -> Option<Self> {
        if !input.is_object(path) {
            return None;
        }
        // If both are there, the id counts (seed, O).
        let id = input.text(&format!("{path}.id")).map(Self::Id);
        let key = input.text(&format!("{path}.key")).map(Self::Key);
        id.or(key)
    }

    /// The customer with this id or key. If there is none, the switch says what happens.
    fn find(&self, world: &World) -> Result<Option<Serial>, Refusal> {
        let (Self::Id(text) | Self::Key(text)) = self;
        let found = match self {
            Self::Id(id) => world.customers.by_id(id),
            Self::Key(key) => world.by_key(key),
        };
        let is_usable = |serial: &Serial| {
            let customer = world.customers.get(*serial);
            customer.is_some_and(|customer| !customer.is_deleted)
        };
        let found = found.filter(is_usable);
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
}

/// 422 with a text for each taken field.
pub(super) fn taken_fields(taken: &[(&str, Serial)]) -> Refusal {
    let errors = taken.iter().map(|(field, _)| FieldError {
        field: (*field).to_owned(),
        text: format!("The {field} has already been taken."),
    });
    Refusal::Invalid(errors.collect())
}
