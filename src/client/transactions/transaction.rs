//! A transaction as Partnero knows it.

use std::fmt;
use std::time::SystemTime;

use serde_json::Value;

use crate::client::fields::{self, Fields};
use crate::client::money::Money;

/// A transaction as Partnero answered it.
///
/// Every field is optional. Fields that have no name here are in [`raw`](Self::raw), which `Debug`
/// leaves out.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Transaction {
    /// The app's own key. Partnero does not keep it unique.
    pub key: Option<String>,
    /// What happened, as `sale`.
    pub action: Option<String>,
    /// How much, in major units, and of what.
    pub amount: Option<Money>,
    /// In refer-a-friend programs the identifier of the customer who **referred**; in affiliate
    /// programs that of the buyer.
    pub customer: Option<String>,
    /// In refer-a-friend programs the identifier of the customer who bought.
    pub referred_customer: Option<String>,
    /// In affiliate programs the partner's identifier.
    pub partner: Option<String>,
    /// Whether it is a credit.
    pub credit: Option<bool>,
    /// When it happened.
    pub created_at: Option<SystemTime>,
    /// When it was deleted.
    pub deleted_at: Option<SystemTime>,
    /// The rewards that the transaction earned.
    pub rewards: Vec<Reward>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

impl Transaction {
    /// Reads an object; `None` for any other value, and for an object without fields.
    pub(crate) fn from_value(value: Value) -> Option<Self> {
        let raw = fields::object(value)?;
        let rewards = raw.get("rewards").and_then(Value::as_array);
        Some(Self {
            key: fields::text(&raw, "key"),
            action: fields::text(&raw, "action"),
            amount: Money::from_fields(&raw),
            customer: fields::name(&raw, "customer"),
            referred_customer: fields::name(&raw, "referred_customer"),
            partner: fields::name(&raw, "partner"),
            credit: fields::flag(&raw, "credit"),
            created_at: fields::time(&raw, "created_at"),
            deleted_at: fields::time(&raw, "deleted_at"),
            rewards: rewards
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .map(Reward::read)
                .collect(),
            raw,
        })
    }
}

/// A reward that a transaction earned a customer or a partner.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Reward {
    /// The key, which in Partnero's examples is that of the transaction.
    pub key: Option<String>,
    /// What happened.
    pub action: Option<String>,
    /// The state; `ok` is the only one that the documentation shows.
    pub status: Option<String>,
    /// How much, in major units, and of what. It may have more than two decimals.
    pub amount: Option<Money>,
    /// The customer's identifier.
    pub customer: Option<String>,
    /// In affiliate programs the partner's identifier.
    pub partner: Option<String>,
    /// Whether it is a credit.
    pub credit: Option<bool>,
    /// When it was earned.
    pub created_at: Option<SystemTime>,
    /// When it was taken back.
    pub deleted_at: Option<SystemTime>,
    /// The whole object, as Partnero sent it.
    pub raw: Fields,
}

impl Reward {
    pub(crate) fn read(raw: &Fields) -> Self {
        Self {
            key: fields::text(raw, "key"),
            action: fields::text(raw, "action"),
            status: fields::text(raw, "status"),
            amount: Money::from_fields(raw),
            customer: fields::name(raw, "customer"),
            partner: fields::name(raw, "partner"),
            credit: fields::flag(raw, "credit"),
            created_at: fields::time(raw, "created_at"),
            deleted_at: fields::time(raw, "deleted_at"),
            raw: raw.clone(),
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("key", &self.key)
            .field("action", &self.action)
            .field("amount", &self.amount)
            .field("customer", &self.customer)
            .field("referred_customer", &self.referred_customer)
            .field("partner", &self.partner)
            .field("credit", &self.credit)
            .field("created_at", &self.created_at)
            .field("deleted_at", &self.deleted_at)
            .field("rewards", &self.rewards)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reward")
            .field("key", &self.key)
            .field("action", &self.action)
            .field("status", &self.status)
            .field("amount", &self.amount)
            .field("customer", &self.customer)
            .field("partner", &self.partner)
            .field("credit", &self.credit)
            .field("created_at", &self.created_at)
            .field("deleted_at", &self.deleted_at)
            .finish_non_exhaustive()
    }
}
