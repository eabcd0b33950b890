//! Everything that the sandbox remembers between requests.

use std::collections::HashSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::customers::{Customers, Serial};
use super::random::Random;
use super::switches::Switches;

#[derive(Debug)]
pub(super) struct World {
    pub(super) customers: Customers,
    pub(super) refused_referrers: HashSet<String>,
    pub(super) random: Random,
    pub(super) switches: Switches,
    link_base: String,
}

impl World {
    pub(super) fn new(switches: Switches, link_base: String) -> Self {
        Self {
            customers: Customers::default(),
            refused_referrers: HashSet::new(),
            random: Random::new(),
            switches,
            link_base,
        }
    }

    /// The customer that a path segment means: its id, its key or its e-mail address may stand
    /// there (N8N); that they are tried in this order is assumed.
    pub(super) fn find(&self, segment: &str) -> Option<Serial> {
        let customers = &self.customers;
        customers
            .by_id(segment)
            .or_else(|| customers.by_key(segment))
            .or_else(|| customers.by_email(segment))
    }

    pub(super) fn link(&self, key: &str) -> String {
        let key = utf8_percent_encode(key, LINK_ESCAPES);
        let separator = if self.link_base.contains('?') {
            '&'
        } else {
            '?'
        };
        format!("{}{separator}ref={key}", self.link_base)
    }
}

/// Letters, digits and `-._~` stand in a query as they are (RFC 3986, section 2.3).
const LINK_ESCAPES: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
