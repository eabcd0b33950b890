//! The customers, each found by id, key or e-mail address without a search.

use std::collections::{BTreeMap, HashMap};

use super::customer::{Customer, Link, Serial};
use super::keys::Keys;
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
    /// Stores a customer whose id, keys and e-mail address are free, and counts it for its
    /// referrer.
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
        let referrer = customer.referrer.take();
        self.all.insert(serial, customer);
        self.refer(serial, referrer);
        serial
    }

    /// Forgets a customer, its links and its count for its referrer.
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
        for referral in customer.referrals {
            if let Some(referral) = self.all.get_mut(&referral) {
                referral.referrer = None;
            }
        }
    }

    /// Says who brought a customer, in place of whoever it was before.
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

    /// Gives a customer an e-mail address that is free.
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

    /// Gives the link of this key another one that is free.
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

    /// Adds a link whose key is free.
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

    /// For changes of what is found by no index.
    pub(super) fn get_mut(&mut self, serial: Serial) -> Option<&mut Customer> {
        self.all.get_mut(&serial)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Serial> {
        self.by_id.get(id).copied()
    }

    /// The customer that one of whose links has this key.
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

/// E-mail addresses that differ by case alone are one. Assumed.
fn email_form(email: &str) -> String {
    email.to_lowercase()
}
