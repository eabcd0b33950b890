//! The customers, with an index by id, by key and by e-mail address.

use std::collections::{BTreeMap, HashMap};

use super::customer::{Customer, Link, Serial};
use super::switches::KeyCase;

#[derive(Debug, Default)]
pub(super) struct Customers {
    all: BTreeMap<Serial, Customer>,
    by_id: HashMap<String, Serial>,
    by_email: HashMap<String, Serial>,
    keys: Keys,
    next: Serial,
}

impl Customers {
    /// Stores a customer and counts it for its referrer. The id, the keys and the e-mail address
    /// must be free.
    pub(super) fn insert(&mut self, mut customer: Customer) -> Serial {
        let serial = self.next;
        self.next += 1;
        self.by_id.insert(customer.id.clone(), serial);
        for link in customer.links() {
            self.keys.insert(&link.key, serial);
        }
        if let Some(email) = &customer.email {
            self.by_email.insert(email_form(email), serial);
        }
        // Set again by `refer`, which also counts the customer for its referrer.
        let referrer = customer.referrer.take();
        self.all.insert(serial, customer);
        self.refer(serial, referrer);
        serial
    }

    /// Removes a customer and its links, and counts it no longer for its referrer.
    pub(super) fn remove(&mut self, serial: Serial) {
        self.refer(serial, None);
        let Some(customer) = self.all.remove(&serial) else {
            return;
        };
        self.by_id.remove(&customer.id);
        for link in customer.links() {
            self.keys.remove(&link.key);
        }
        if let Some(email) = &customer.email {
            self.by_email.remove(&email_form(email));
        }
        // Whom a deleted customer had referred is referred by nobody then.
        for referral in customer.referrals {
            if let Some(referral) = self.all.get_mut(&referral) {
                referral.referrer = None;
            }
        }
    }

    /// Sets the referrer of a customer.
    pub(super) fn refer(&mut self, serial: Serial, referrer: Option<Serial>) {
        let Some(customer) = self.all.get_mut(&serial) else {
            return;
        };
        let before = std::mem::replace(&mut customer.referrer, referrer);
        if let Some(before) = before.and_then(|before| self.all.get_mut(&before)) {
            before.referrals.retain(|other| *other != serial);
        }
        if let Some(referrer) = referrer.and_then(|referrer| self.all.get_mut(&referrer)) {
            referrer.referrals.push(serial);
        }
    }

    /// Sets the id of a customer. The id must be free.
    pub(super) fn set_id(&mut self, serial: Serial, id: String) {
        if let Some(customer) = self.all.get_mut(&serial) {
            self.by_id.remove(&customer.id);
            self.by_id.insert(id.clone(), serial);
            customer.id = id;
        }
    }

    /// Sets the e-mail address of a customer. The address must be free.
    pub(super) fn set_email(&mut self, serial: Serial, email: String) {
        let Some(customer) = self.all.get_mut(&serial) else {
            return;
        };
        if let Some(before) = &customer.email {
            self.by_email.remove(&email_form(before));
        }
        self.by_email.insert(email_form(&email), serial);
        customer.email = Some(email);
    }

    /// Changes the key of a link. The new key must be free.
    pub(super) fn rename_link(&mut self, serial: Serial, key: &str, new: String) {
        let Some(customer) = self.all.get_mut(&serial) else {
            return;
        };
        if let Some(link) = customer.links_mut().find(|link| link.key == key) {
            self.keys.remove(key);
            self.keys.insert(&new, serial);
            link.key = new;
        }
    }

    /// Adds a link. Its key must be free.
    pub(super) fn add_link(&mut self, serial: Serial, link: Link) {
        if let Some(customer) = self.all.get_mut(&serial) {
            self.keys.insert(&link.key, serial);
            customer.other_links.push(link);
        }
    }

    pub(super) fn remove_link(&mut self, serial: Serial, key: &str) {
        if let Some(customer) = self.all.get_mut(&serial) {
            self.keys.remove(key);
            customer.other_links.retain(|link| link.key != key);
        }
    }

    pub(super) fn get(&self, serial: Serial) -> Option<&Customer> {
        self.all.get(&serial)
    }

    /// For changes of fields that have no index: not of the id, a key or the e-mail address.
    pub(super) fn get_mut(&mut self, serial: Serial) -> Option<&mut Customer> {
        self.all.get_mut(&serial)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Serial> {
        self.by_id.get(id).copied()
    }

    /// The customer who has a link with this key.
    pub(super) fn by_key(&self, key: &str, case: KeyCase) -> Option<Serial> {
        self.keys.get(key, case)
    }

    pub(super) fn by_email(&self, email: &str) -> Option<Serial> {
        self.by_email.get(&email_form(email)).copied()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Customer> {
        self.all.values()
    }
}

/// The keys of all referral links, and the customer that each link belongs to.
#[derive(Debug, Default)]
struct Keys {
    /// Grouped by the key in lower case, because Partnero may not distinguish keys by case.
    by_folded: HashMap<String, Vec<(String, Serial)>>,
}

impl Keys {
    fn insert(&mut self, key: &str, customer: Serial) {
        let alike = self.by_folded.entry(key.to_lowercase()).or_default();
        alike.push((key.to_owned(), customer));
    }

    fn remove(&mut self, key: &str) {
        let folded = key.to_lowercase();
        if let Some(alike) = self.by_folded.get_mut(&folded) {
            alike.retain(|(other, _)| other != key);
            if alike.is_empty() {
                self.by_folded.remove(&folded);
            }
        }
    }

    fn get(&self, key: &str, case: KeyCase) -> Option<Serial> {
        let alike = self.by_folded.get(&key.to_lowercase())?;
        let exact = alike.iter().find(|(other, _)| other == key);
        let found = match case {
            KeyCase::Sensitive => exact,
            // The switch may be turned while there are keys that differ by case alone.
            KeyCase::Insensitive => exact.or_else(|| alike.first()),
        };
        found.map(|(_, customer)| *customer)
    }
}

/// Addresses that differ by case alone count as the same, which is assumed.
fn email_form(email: &str) -> String {
    email.to_lowercase()
}
