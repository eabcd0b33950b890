//! The transactions, with an index by key. Several transactions may have the same key.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use super::customer::Serial;
use super::money::Amount;
use super::switches::RepeatedKey;

#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) key: Option<String>,
    pub(super) action: String,
    pub(super) amount: Amount,
    /// Who bought; `None` for a sale that was recorded without a customer.
    pub(super) buyer: Option<Serial>,
    /// Who had referred the buyer at the time of the sale.
    pub(super) referrer: Option<Serial>,
    /// The partner who had brought the buyer, in an affiliate program.
    pub(super) partner: Option<Serial>,
    /// The reward of the referrer or the partner for this sale.
    pub(super) reward: Option<Amount>,
    /// The reward of the buyer, who is the referrer's friend.
    pub(super) friend_reward: Option<Amount>,
    pub(super) created_at: SystemTime,
}

#[derive(Debug, Default)]
pub(super) struct Transactions {
    all: BTreeMap<u64, Transaction>,
    by_key: HashMap<String, Vec<u64>>,
    next: u64,
}

impl Transactions {
    pub(super) fn insert(&mut self, transaction: Transaction) -> u64 {
        let number = self.next;
        self.next += 1;
        if let Some(key) = &transaction.key {
            self.by_key.entry(key.clone()).or_default().push(number);
        }
        self.all.insert(number, transaction);
        number
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Transaction> {
        let transaction = self.all.remove(&number)?;
        if let Some(key) = &transaction.key
            && let Some(numbers) = self.by_key.get_mut(key)
        {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_key.remove(key);
            }
        }
        Some(transaction)
    }

    pub(super) fn get(&self, number: u64) -> Option<&Transaction> {
        self.all.get(&number)
    }

    /// The numbers of all transactions with this key, the oldest first.
    pub(super) fn with_key(&self, key: &str) -> &[u64] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// The numbers of the transactions that a request with this key means.
    pub(super) fn meant(&self, key: &str, which: RepeatedKey) -> &[u64] {
        let numbers = self.with_key(key);
        match which {
            RepeatedKey::Oldest => numbers.get(..1),
            RepeatedKey::Newest => numbers
                .len()
                .checked_sub(1)
                .and_then(|last| numbers.get(last..)),
            RepeatedKey::All => Some(numbers),
        }
        .unwrap_or_default()
    }

    /// Every transaction with its number, the oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Transaction)> {
        self.all
            .iter()
            .map(|(number, transaction)| (*number, transaction))
    }
}
