//! What the sandbox remembers between requests.

use std::collections::HashSet;

use percent_encoding::utf8_percent_encode;

use super::customer::{Customer, Serial};
use super::customers::Customers;
use super::input::Input;
use super::numbered::{Lead, Numbered, Payout};
use super::random::Random;
use super::reward::{FriendReward, RewardRule};
use super::subscriptions::Subscriptions;
use super::switches::{KeyCase, PathOrder, Switches};
use super::transactions::Transactions;
use super::webhooks::Notices;
use crate::referral::ProgramKind;

#[derive(Debug)]
pub(super) struct World {
    pub(super) customers: Customers,
    /// The partners of an affiliate program.
    pub(super) partners: Customers,
    pub(super) transactions: Transactions,
    pub(super) leads: Numbered<Lead>,
    pub(super) payouts: Numbered<Payout>,
    pub(super) subscriptions: Subscriptions,
    pub(super) notices: Notices,
    pub(super) refused: Refused,
    pub(super) random: Random,
    pub(super) switches: Switches,
    pub(super) settings: Settings,
}

/// What a test told the sandbox to refuse.
#[derive(Debug, Default)]
pub(super) struct Refused {
    /// Ids and keys.
    pub(super) referrers: HashSet<String>,
    pub(super) fields: HashSet<String>,
    pub(super) values: HashSet<String>,
}

impl Refused {
    /// Adds a mistake for each field that is there and is to be refused.
    pub(super) fn check(
        &self,
        input: &mut Input<'_>,
        prefix: &str,
        fields: &[(&str, Option<&str>)],
    ) {
        for (field, value) in fields {
            let is_refused =
                |value: &str| self.fields.contains(*field) || self.values.contains(value);
            // A field that the body does not have is not refused: a test can then see what happens
            // without it.
            if value.is_some_and(is_refused) {
                input.refuse::<()>(&format!("{prefix}{field}"), "is refused, as a test ordered");
            }
        }
    }
}

/// The settings that do not change after the start.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) program: ProgramKind,
    pub(super) link_base: String,
    pub(super) currency: String,
    pub(super) program_id: String,
    pub(super) reward: RewardRule,
    pub(super) friend_reward: Option<FriendReward>,
    /// Scheme, host and port of the sandbox itself.
    pub(super) origin: String,
}

impl World {
    pub(super) fn new(switches: Switches, settings: Settings) -> Self {
        Self {
            customers: Customers::default(),
            partners: Customers::default(),
            transactions: Transactions::default(),
            leads: Numbered::default(),
            payouts: Numbered::default(),
            subscriptions: Subscriptions::default(),
            notices: Notices::default(),
            refused: Refused::default(),
            random: Random::new(),
            switches,
            settings,
        }
    }

    /// The customer that a path segment names by id, key or e-mail address (N8N).
    pub(super) fn find(&self, segment: &str) -> Option<Serial> {
        let id = || self.customers.by_id(segment);
        let key = || self.by_key(segment);
        let email = || self.customers.by_email(segment);
        match self.switches.path_order {
            PathOrder::IdKeyEmail => id().or_else(key).or_else(email),
            PathOrder::KeyIdEmail => key().or_else(id).or_else(email),
            PathOrder::EmailIdKey => email().or_else(id).or_else(key),
        }
    }

    pub(super) fn by_key(&self, key: &str) -> Option<Serial> {
        self.customers.by_key(key, self.switches.key_case)
    }

    /// The partner who has a link with this key.
    pub(super) fn partner_by_key(&self, key: &str) -> Option<Serial> {
        self.partners.by_key(key, self.switches.key_case)
    }

    pub(super) fn is_affiliate(&self) -> bool {
        self.settings.program == ProgramKind::Affiliate
    }

    /// The partner who brought this customer.
    pub(super) fn partner(&self, customer: &Customer) -> Option<&Customer> {
        self.partners.get(customer.partner?)
    }

    /// Removes a customer, and counts it no longer for its partner.
    pub(super) fn remove_customer(&mut self, serial: Serial) {
        let customer = self.customers.get(serial);
        let partner = customer.and_then(|customer| customer.partner);
        if let Some(partner) = partner.and_then(|partner| self.partners.get_mut(partner)) {
            // `Customers::remove` cleans up among customers alone, and partners are kept in a list
            // of their own.
            partner.referrals.retain(|other| *other != serial);
        }
        self.customers.remove(serial);
    }

    pub(super) fn is_same_key(&self, one: &str, other: &str) -> bool {
        let folds = self.switches.key_case == KeyCase::Insensitive;
        one == other || folds && one.to_lowercase() == other.to_lowercase()
    }

    /// The customer who referred this customer.
    pub(super) fn referrer(&self, customer: &Customer) -> Option<&Customer> {
        self.customers.get(customer.referrer?)
    }

    /// A key that no link has yet.
    pub(super) fn free_key(&mut self) -> String {
        loop {
            // Random keys are the same in every run, so a test may have used one of them itself.
            let key = self.random.alphanumeric(12);
            if self.by_key(&key).is_none() {
                return key;
            }
        }
    }

    /// An id that no customer has yet.
    pub(super) fn free_id(&mut self) -> String {
        loop {
            let id = self.random.alphanumeric(12);
            if self.customers.by_id(&id).is_none() {
                return id;
            }
        }
    }

    pub(super) fn link(&self, key: &str) -> String {
        let base = &self.settings.link_base;
        let separator = if base.contains('?') { '&' } else { '?' };
        let key = utf8_percent_encode(key, UNRESERVED);
        let [parameter, ..] = self.settings.program.parameters() else {
            return base.clone();
        };
        format!("{base}{separator}{parameter}={key}")
    }

    /// The account that the sales of a buyer pay.
    pub(super) fn payee_mut(
        &mut self,
        referrer: Option<Serial>,
        partner: Option<Serial>,
    ) -> Option<&mut Customer> {
        match partner {
            Some(partner) => self.partners.get_mut(partner),
            None => self.customers.get_mut(referrer?),
        }
    }

    /// Removes a transaction, and takes its rewards from the balances of the referrer or the
    /// partner, and of the buyer.
    pub(super) fn remove_transaction(&mut self, number: u64) {
        let Some(transaction) = self.transactions.remove(number) else {
            return;
        };
        let payee = self.payee_mut(transaction.referrer, transaction.partner);
        if let (Some(payee), Some(reward)) = (payee, &transaction.reward) {
            // The balance may become negative: the reward may have been spent.
            payee.balance.subtract(reward);
        }
        let buyer = transaction
            .buyer
            .and_then(|buyer| self.customers.get_mut(buyer));
        if let (Some(buyer), Some(reward)) = (buyer, &transaction.friend_reward) {
            buyer.balance.subtract(reward);
        }
    }
}

/// The characters to escape in a query: all except letters, digits and `-._~` (RFC 3986, section
/// 2.3).
pub(super) const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
