//! The customers, each found by id, key or e-mail address without a search.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

/// A customer's number: never reused, in the order of creation.
pub(super) type Serial = u64;

#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) surname: Option<String>,
    pub(super) date_of_birth: Option<String>,
    pub(super) referrer: Option<Serial>,
    pub(super) referrals: Vec<Serial>,
    pub(super) created_at: SystemTime,
    pub(super) updated_at: SystemTime,
}

#[derive(Debug, Default)]
pub(super) struct Customers {
    all: BTreeMap<Serial, Customer>,
    by_id: HashMap<String, Serial>,
    by_key: HashMap<String, Serial>,
    by_email: HashMap<String, Serial>,
    next: Serial,
}

impl Customers {
    /// Stores a customer whose id, key and e-mail address are free, and counts it for its
    /// referrer.
    pub(super) fn insert(&mut self, customer: Customer) -> Serial {
        let serial = self.next;
        self.next += 1;
        self.by_id.insert(customer.id.clone(), serial);
        self.by_key.insert(customer.key.clone(), serial);
        if let Some(email) = &customer.email {
            self.by_email.insert(email_form(email), serial);
        }
        let referrer = customer
            .referrer
            .and_then(|serial| self.all.get_mut(&serial));
        if let Some(referrer) = referrer {
            referrer.referrals.push(serial);
        }
        self.all.insert(serial, customer);
        serial
    }

    pub(super) fn get(&self, serial: Serial) -> Option<&Customer> {
        self.all.get(&serial)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Serial> {
        self.by_id.get(id).copied()
    }

    pub(super) fn by_key(&self, key: &str) -> Option<Serial> {
        self.by_key.get(key).copied()
    }

    pub(super) fn by_email(&self, email: &str) -> Option<Serial> {
        self.by_email.get(&email_form(email)).copied()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Serial, &Customer)> {
        self.all
            .iter()
            .map(|(serial, customer)| (*serial, customer))
    }
}

/// E-mail addresses that differ by case alone are one. Assumed.
fn email_form(email: &str) -> String {
    email.to_lowercase()
}
