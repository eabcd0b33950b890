//! The fields from which a customer is created, by any endpoint that can do so.

use std::time::SystemTime;

use rust_decimal::Decimal;

use super::notices;
use crate::sandbox::answer::{FieldError, Refusal};
use crate::sandbox::customer::{Customer, Link, Serial};
use crate::sandbox::input::Input;
use crate::sandbox::money::{Amount, Balance};
use crate::sandbox::reward::RewardTrigger;
use crate::sandbox::switches::{EmailField, MissingId, UnknownReferrer};
use crate::sandbox::world::World;

/// The customer that the body describes.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Registration {
    pub(super) id: Option<String>,
    pub(super) key: Option<String>,
    pub(super) email: Option<String>,
    name: Option<String>,
    surname: Option<String>,
    date_of_birth: Option<String>,
    tags: Vec<String>,
    referrer: Option<NamedReferrer>,
    partner: Option<NamedPartner>,
}

/// The id or the key in a `referring_customer`.
#[derive(Debug)]
enum NamedReferrer {
    Id(String),
    Key(String),
}

/// The id, the key or the e-mail address in a `partner`.
#[derive(Debug)]
pub(super) enum NamedPartner {
    Id(String),
    Key(String),
    Email(String),
}

impl Registration {
    /// Reads the fields whose names begin with a prefix such as `customer.`.
    pub(super) fn read(input: &mut Input<'_>, world: &World, prefix: &str) -> Self {
        Self::read_beside(input, world, prefix, prefix)
    }

    /// As [`read`](Self::read), for a body in which the partner stands elsewhere.
    pub(super) fn read_beside(
        input: &mut Input<'_>,
        world: &World,
        prefix: &str,
        partner_prefix: &str,
    ) -> Self {
        let path = |name: &str| format!("{prefix}{name}");
        // Each kind of program has its own field for who brought the customer (D). The other field
        // is ignored, as every unknown field.
        let (referrer, partner) = if world.is_affiliate() {
            let partner = NamedPartner::read(input, &format!("{partner_prefix}partner"));
            (None, partner)
        } else {
            let referrer = NamedReferrer::read(input, &path("referring_customer"));
            (referrer, None)
        };
        Self {
            id: input.text(&path("id")),
            key: input.text(&path("key")),
            email: input.email(&path("email")),
            name: input.text(&path("name")),
            surname: input.text(&path("surname")),
            date_of_birth: input.text(&path("metadata.date_of_birth")),
            tags: input.texts(&path("tags")).unwrap_or_default(),
            referrer,
            partner,
        }
    }

    /// Refuses a new customer without an e-mail address, if the switch says so, and the fields and
    /// values that a test has told the sandbox to refuse. A body that only names an existing
    /// customer is not checked.
    pub(super) fn check(&self, input: &mut Input<'_>, world: &World, prefix: &str) {
        if world.switches.email_field == EmailField::Required {
            input.required(&format!("{prefix}email"), self.email.as_ref());
        }
        if world.is_affiliate() {
            // Both are required in an affiliate program (D).
            input.required(&format!("{prefix}key"), self.key.as_ref());
            input.required(&format!("{prefix}partner"), self.partner.as_ref());
        }
        // The list of checks has one value for each field, so of several tags only the first is
        // compared.
        let tags = self.tags.first();
        let referrer = self.referrer.as_ref().map(NamedReferrer::text);
        world.refused.check(
            input,
            prefix,
            &[
                ("id", self.id.as_deref()),
                ("key", self.key.as_deref()),
                ("email", self.email.as_deref()),
                ("name", self.name.as_deref()),
                ("surname", self.surname.as_deref()),
                ("tags", tags.map(String::as_str)),
                ("metadata.date_of_birth", self.date_of_birth.as_deref()),
                ("referring_customer", referrer),
                ("partner", self.partner.as_ref().map(NamedPartner::text)),
            ],
        );
    }

    /// Whether the body has neither id nor key nor e-mail address.
    pub(super) fn is_nameless(&self) -> bool {
        self.id.is_none() && self.key.is_none() && self.email.is_none()
    }

    /// The fields whose value an existing customer has, each with that customer.
    pub(super) fn taken(&self, world: &World) -> Vec<(&'static str, Serial)> {
        let customers = &world.customers;
        // An affiliate program has the key as the identifier.
        let id = self.id.as_deref().filter(|_| !world.is_affiliate());
        let id = id.and_then(|id| customers.by_id(id));
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
        // Before anything is stored: a refused referrer must leave no customer behind.
        let referrer = match &self.referrer {
            Some(named) => named.find(world)?,
            None => None,
        };
        let partner = match &self.partner {
            Some(named) => Some(named.find(world)?),
            None => None,
        };
        Ok(self.store(world, referrer, partner))
    }

    fn store(self, world: &mut World, referrer: Option<Serial>, partner: Option<Serial>) -> Serial {
        // Two customers cannot share an id, so a key that is another customer's id is passed over.
        let key_as_id = || match world.switches.missing_id {
            MissingId::Key => self
                .key
                .clone()
                .filter(|key| world.customers.by_id(key).is_none()),
            MissingId::Random => None,
        };
        let id = if world.is_affiliate() {
            self.key.clone()
        } else {
            self.id.or_else(key_as_id)
        };
        let now = SystemTime::now();
        let customer = Customer {
            id: id.unwrap_or_else(|| world.free_id()),
            email: self.email,
            name: self.name,
            surname: self.surname,
            date_of_birth: self.date_of_birth,
            tags: self.tags,
            default_link: Link::new(self.key.unwrap_or_else(|| world.free_key()), false),
            other_links: Vec::new(),
            referrer,
            partner,
            referrals: Vec::new(),
            balance: Balance::default(),
            is_deleted: false,
            is_archived: false,
            created_at: now,
            updated_at: now,
        };
        let serial = world.customers.insert(customer);
        // `insert` has counted the customer for a referrer, but it does not know the partners.
        if let Some(partner) = partner.and_then(|partner| world.partners.get_mut(partner)) {
            partner.referrals.push(serial);
        }
        notices::customer(world, "customer.created", serial);
        // The friend's side of a reward is for customers whom somebody referred.
        if referrer.is_some() {
            reward_sign_up(world, serial);
        }
        serial
    }

    /// Not an endpoint: does what a registration in Partnero's own portal would do, unless the
    /// e-mail address is known already.
    pub(in crate::sandbox) fn in_portal(world: &mut World, email: String) {
        if world.customers.by_email(&email).is_none() {
            // Without `check`: the fields that the API requires are no matter of the portal's.
            let registration = Self {
                email: Some(email),
                ..Self::default()
            };
            registration.store(world, None, None);
        }
    }
}

/// Pays the friend's side of a reward that is due at the sign-up.
fn reward_sign_up(world: &mut World, friend: Serial) {
    // A sign-up has no amount of which a share could be paid.
    let nothing = Amount::new(Decimal::ZERO, &world.settings.currency, true);
    let reward = world.settings.friend_reward.as_ref();
    let reward = reward.filter(|reward| reward.trigger == RewardTrigger::SignUp);
    let reward = reward.and_then(|reward| reward.rule.of(&nothing));
    let customer = world.customers.get_mut(friend);
    if let (Some(customer), Some(reward)) = (customer, reward) {
        customer.balance.add(&reward);
        notices::sign_up_rewarded(world, friend, &reward);
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

    fn text(&self) -> &str {
        let (Self::Id(text) | Self::Key(text)) = self;
        text
    }

    /// The customer with this id or key. If there is none, the switch says what happens.
    fn find(&self, world: &World) -> Result<Option<Serial>, Refusal> {
        let found = match self {
            Self::Id(id) => world.customers.by_id(id),
            Self::Key(key) => world.by_key(key),
        };
        // It is assumed that nobody can be referred by a deleted customer.
        let is_usable = |serial: &Serial| {
            let customer = world.customers.get(*serial);
            customer.is_some_and(|customer| !customer.is_deleted)
        };
        let found = found.filter(is_usable);
        // A referrer whom a test has refused counts as unknown, also one who is there.
        if found.is_some() && !world.refused.referrers.contains(self.text()) {
            return Ok(found);
        }
        let field = match self {
            Self::Id(_) => "referring_customer.id",
            Self::Key(_) => "referring_customer.key",
        };
        if world.switches.unknown_referrer == UnknownReferrer::Unreferred {
            // The customer is created then, and the answer does not say that the referrer was left
            // out.
            return Ok(None);
        }
        let message = "The referring customer was not found.";
        Err(unknown(world, message, "referring_customer", field))
    }
}

impl NamedPartner {
    pub(super) fn read(input: &mut Input<'_>, path: &str) -> Option<Self> {
        if !input.is_object(path) {
            return None;
        }
        // Which counts if there are several is assumed to be as for a `referring_customer`.
        let id = input.text(&format!("{path}.id")).map(Self::Id);
        let key = input.text(&format!("{path}.key")).map(Self::Key);
        let email = input.email(&format!("{path}.email")).map(Self::Email);
        id.or(key).or(email)
    }

    fn text(&self) -> &str {
        let (Self::Id(text) | Self::Key(text) | Self::Email(text)) = self;
        text
    }

    /// The partner with this name. It is assumed that an archived partner brings nobody.
    pub(super) fn find(&self, world: &World) -> Result<Serial, Refusal> {
        let (found, field) = match self {
            Self::Id(id) => (world.partners.by_id(id), "partner.id"),
            Self::Key(key) => (world.partner_by_key(key), "partner.key"),
            Self::Email(email) => (world.partners.by_email(email), "partner.email"),
        };
        let is_usable = |serial: &Serial| {
            let partner = world.partners.get(*serial);
            partner.is_some_and(|partner| !partner.is_archived)
                && !world.refused.referrers.contains(self.text())
        };
        let message = "The partner was not found.";
        found
            .filter(is_usable)
            .ok_or_else(|| unknown(world, message, "partner", field))
    }
}

/// The refusal of a referrer or a partner whom nobody is.
fn unknown(world: &World, message: &str, field: &str, nested: &str) -> Refusal {
    match world.switches.unknown_referrer {
        // `Unreferred` comes here for a partner alone: an affiliate program creates nobody without
        // one.
        UnknownReferrer::BadRequest | UnknownReferrer::Unreferred => Refusal::bad_request(message),
        UnknownReferrer::NotFound => Refusal::not_found(message),
        UnknownReferrer::Unprocessable => Refusal::invalid(field, message),
        UnknownReferrer::UnprocessableNested => Refusal::invalid(nested, message),
    }
}

/// 422 with a text for each taken field.
pub(super) fn taken_fields(taken: &[(&str, Serial)]) -> Refusal {
    // All of them at once, as Laravel checks a body: from the fields a client concludes who has the
    // names.
    let errors = taken.iter().map(|(field, _)| FieldError {
        field: (*field).to_owned(),
        text: format!("The {field} has already been taken."),
    });
    Refusal::Invalid(errors.collect())
}
