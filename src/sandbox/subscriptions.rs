//! The webhook subscriptions.

use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) url: String,
    pub(super) is_active: bool,
    /// The secret that signs the webhooks.
    pub(super) signature: String,
    pub(super) events: Vec<String>,
}

impl Subscription {
    pub(super) fn wants(&self, event: &str) -> bool {
        self.is_active && self.events.iter().any(|wanted| wanted == event)
    }
}

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    all: BTreeMap<u64, Subscription>,
    next: u64,
}

impl Subscriptions {
    pub(super) fn insert(&mut self, subscription: Subscription) {
        self.all.insert(self.next, subscription);
        self.next += 1;
    }

    pub(super) fn get(&self, key: &str) -> Option<&Subscription> {
        self.all
            .values()
            .find(|subscription| subscription.key == key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Subscription> {
        self.all
            .values_mut()
            .find(|subscription| subscription.key == key)
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.all.retain(|_, subscription| subscription.key != key);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Subscription> {
        self.all.values()
    }
}
