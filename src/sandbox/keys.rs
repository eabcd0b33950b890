//! Which customer a key belongs to.

use std::collections::HashMap;

use super::customer::Serial;
use super::switches::KeyCase;

/// Every key of every referral link.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Under each key in lower case, all that differ from it by case alone.
    by_folded: HashMap<String, Vec<(String, Serial)>>,
}

impl Keys {
    pub(super) fn insert(&mut self, key: &str, customer: Serial) {
        let alike = self.by_folded.entry(key.to_lowercase()).or_default();
        alike.push((key.to_owned(), customer));
    }

    pub(super) fn remove(&mut self, key: &str) {
        let folded = key.to_lowercase();
        if let Some(alike) = self.by_folded.get_mut(&folded) {
            alike.retain(|(other, _)| other != key);
            if alike.is_empty() {
                self.by_folded.remove(&folded);
            }
        }
    }

    pub(super) fn get(&self, key: &str, case: KeyCase) -> Option<Serial> {
        let alike = self.by_folded.get(&key.to_lowercase())?;
        let exact = alike.iter().find(|(other, _)| other == key);
        let found = match case {
            KeyCase::Sensitive => exact,
            KeyCase::Insensitive => exact.or_else(|| alike.first()),
        };
        found.map(|(_, customer)| *customer)
    }
}
