//! A customer and its referral links.

use std::iter::once;
use std::time::SystemTime;

use super::money::Balance;

/// A customer's number within the sandbox. Numbers grow and are never used again.
pub(super) type Serial = u64;

#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) surname: Option<String>,
    pub(super) date_of_birth: Option<String>,
    pub(super) tags: Vec<String>,
    /// The link whose key is also the customer's key.
    pub(super) default_link: Link,
    pub(super) other_links: Vec<Link>,
    pub(super) referrer: Option<Serial>,
    /// The partner who brought this customer of an affiliate program.
    pub(super) partner: Option<Serial>,
    pub(super) referrals: Vec<Serial>,
    pub(super) balance: Balance,
    pub(super) is_deleted: bool,
    pub(super) is_archived: bool,
    pub(super) created_at: SystemTime,
    pub(super) updated_at: SystemTime,
}

impl Customer {
    pub(super) fn key(&self) -> &str {
        &self.default_link.key
    }

    /// All links, the default one first.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        once(&self.default_link).chain(&self.other_links)
    }

    pub(super) fn links_mut(&mut self) -> impl Iterator<Item = &mut Link> {
        once(&mut self.default_link).chain(&mut self.other_links)
    }

    pub(super) fn status(&self) -> &'static str {
        if self.is_deleted { "deleted" } else { "active" }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) key: String,
    pub(super) is_additional: bool,
    pub(super) direct_tracking: bool,
    pub(super) direct_tracking_redirect: bool,
    pub(super) direct_tracking_redirect_url: Option<String>,
}

impl Link {
    pub(super) fn new(key: String, is_additional: bool) -> Self {
        Self {
            key,
            is_additional,
            direct_tracking: false,
            direct_tracking_redirect: false,
            direct_tracking_redirect_url: None,
        }
    }
}
