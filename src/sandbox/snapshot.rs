//! Copies of what the sandbox holds, which a test can compare.

use std::time::SystemTime;

use http::{Method, StatusCode};
use serde_json::Value;

use super::customer::{Customer, Serial};
use super::money::Amount;
use super::transactions::Transaction;
use super::world::World;

/// A customer, from [`Sandbox::customers`](crate::Sandbox::customers).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxCustomer {
    /// The app's own identifier, or a random one.
    pub id: String,
    /// The public referral key, or a random one.
    pub key: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The first name.
    pub name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// The id of the customer who referred this customer.
    pub referred_by: Option<String>,
    /// The id of the partner who brought this customer, in an affiliate program.
    pub partner: Option<String>,
    /// How many customers this customer has referred.
    pub referrals_count: usize,
    /// The link to share; empty in an affiliate program, whose customers have no links.
    pub referral_link: String,
    /// The customer's balance: one entry for each unit, and no entry for zero.
    pub balance: Vec<SandboxAmount>,
    /// Whether the customer was deleted, and is kept because of `DeletedCustomer::Marked`.
    pub is_deleted: bool,
    /// Whether the customer is archived.
    pub is_archived: bool,
    /// When the customer was created.
    pub created_at: SystemTime,
}

/// A partner of an affiliate program, from [`Sandbox::partners`](crate::Sandbox::partners).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxPartner {
    /// The app's own identifier, or a random one.
    pub id: String,
    /// The key in the partner's links, or a random one.
    pub key: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The first name.
    pub name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// How many customers this partner has brought.
    pub referrals_count: usize,
    /// The link to share.
    pub referral_link: String,
    /// The partner's balance: one entry for each unit, and no entry for zero.
    pub balance: Vec<SandboxAmount>,
    /// Whether the partner is archived.
    pub is_archived: bool,
    /// When the partner was created.
    pub created_at: SystemTime,
}

/// A transaction, from [`Sandbox::transactions`](crate::Sandbox::transactions).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxTransaction {
    /// The app's own identifier. Several transactions may have the same.
    pub key: Option<String>,
    /// The action, `sale` by default.
    pub action: String,
    /// The amount of the sale.
    pub amount: SandboxAmount,
    /// The id of the customer who bought; `None` for a sale that was recorded without a customer.
    pub referred_customer: Option<String>,
    /// The id of the customer who had referred the buyer.
    pub customer: Option<String>,
    /// The id of the partner who had brought the buyer, in an affiliate program.
    pub partner: Option<String>,
    /// The reward of the referrer or the partner for this sale.
    pub reward: Option<SandboxAmount>,
    /// The time that the caller gave, else the time of the request.
    pub created_at: SystemTime,
}

/// An exact amount in major units.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxAmount {
    /// The decimal, as `99.99`.
    pub amount: String,
    /// The currency's code, or the name of another unit.
    pub amount_units: String,
    /// Whether the unit is a currency.
    pub is_currency: bool,
}

/// One request to the API, from [`Sandbox::requests`](crate::Sandbox::requests).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SandboxRequest {
    /// The method.
    pub method: Method,
    /// Path and query, as they were sent.
    pub path: String,
    /// The status of the answer; `None` before the answer is sent, and if the connection was cut.
    pub status: Option<StatusCode>,
    /// The body; `Null` if the body was empty or not JSON. An amount with a fraction is a binary
    /// float here; [`Sandbox::transactions`](crate::Sandbox::transactions) has the exact amounts.
    pub body: Value,
    /// When the whole request had arrived.
    pub received_at: SystemTime,
}

impl SandboxCustomer {
    pub(super) fn new(world: &World, customer: &Customer) -> Self {
        let referrer = world.referrer(customer);
        let balance = customer.balance.entries();
        Self {
            id: customer.id.clone(),
            key: customer.key().to_owned(),
            email: customer.email.clone(),
            name: customer.name.clone(),
            surname: customer.surname.clone(),
            tags: customer.tags.clone(),
            referred_by: referrer.map(|referrer| referrer.id.clone()),
            partner: world.partner(customer).map(|partner| partner.id.clone()),
            referrals_count: customer.referrals.len(),
            referral_link: if world.is_affiliate() {
                String::new()
            } else {
                world.link(customer.key())
            },
            balance: balance.iter().map(SandboxAmount::new).collect(),
            is_deleted: customer.is_deleted,
            is_archived: customer.is_archived,
            created_at: customer.created_at,
        }
    }
}

impl SandboxPartner {
    pub(super) fn new(world: &World, partner: &Customer) -> Self {
        let balance = partner.balance.entries();
        Self {
            id: partner.id.clone(),
            key: partner.key().to_owned(),
            email: partner.email.clone(),
            name: partner.name.clone(),
            surname: partner.surname.clone(),
            tags: partner.tags.clone(),
            referrals_count: partner.referrals.len(),
            referral_link: world.link(partner.key()),
            balance: balance.iter().map(SandboxAmount::new).collect(),
            is_archived: partner.is_archived,
            created_at: partner.created_at,
        }
    }
}

impl SandboxTransaction {
    pub(super) fn new(world: &World, transaction: &Transaction) -> Self {
        let id = |serial: Option<Serial>| {
            let customer = serial.and_then(|serial| world.customers.get(serial));
            customer.map(|customer| customer.id.clone())
        };
        let partner = transaction.partner;
        let partner = partner.and_then(|serial| world.partners.get(serial));
        Self {
            key: transaction.key.clone(),
            action: transaction.action.clone(),
            amount: SandboxAmount::new(&transaction.amount),
            referred_customer: id(transaction.buyer),
            customer: id(transaction.referrer),
            partner: partner.map(|partner| partner.id.clone()),
            reward: transaction.reward.as_ref().map(SandboxAmount::new),
            created_at: transaction.created_at,
        }
    }
}

impl SandboxAmount {
    fn new(amount: &Amount) -> Self {
        Self {
            // A text, so that a test compares digits and not floating-point numbers.
            amount: amount.value.to_string(),
            amount_units: amount.units.clone(),
            is_currency: amount.is_currency,
        }
    }
}
