//! The endpoints about referral links. One customer can have several.

mod link;
mod new;

use http::Method;

pub use self::link::ReferralLink;
pub use self::new::{NewReferralLink, ReferralLinkUpdate};
use super::call::{Call, is_segment};
use super::customers::CustomerSelector;
use super::error::Error;
use super::handle::Client;
use super::list::List;

/// The referral links of the program; made by [`Client::referral_links`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ReferralLinks<'a> {
    client: &'a Client,
}

impl Client {
    /// The referral links of the program's customers.
    pub fn referral_links(&self) -> ReferralLinks<'_> {
        ReferralLinks { client: self }
    }
}

impl ReferralLinks<'_> {
    /// Lists the links of one customer (`GET /customers/{id}/referral_links`,
    /// <https://developers.partnero.com/reference/customer-referral-links>).
    pub fn list(self, customer: &str) -> List<ReferralLink> {
        let call = Call::get("/customers/{id}/referral_links").id(customer);
        List::new(self.client, call, ReferralLink::from_value)
    }

    /// Creates a link (`POST /customer_referral_links`,
    /// <https://developers.partnero.com/reference/customer-referral-links>). Safe to repeat,
    /// because its key is unique.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a key that is empty, `.` or `..`;
    /// [`Invalid`](crate::ErrorKind::Invalid) most likely for a key that is taken, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn create(self, link: &NewReferralLink) -> Result<ReferralLink, Error> {
        // Repeatable, because a key is unique: a second link is refused.
        let call = Call::repeatable(Method::POST, "/customer_referral_links").json(link)?;
        if !is_segment(link.key()) {
            return Err(call.invalid("a link needs a key that is not empty, `.` or `..`"));
        }
        self.client.change(call, ReferralLink::from_value).await
    }

    /// Fetches one link by its own id (`GET /customer_referral_links/{id}`,
    /// <https://github.com/partnero/partnero-php>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, id: &str) -> Result<ReferralLink, Error> {
        let call = Call::get("/customer_referral_links/{id}").id(id)?;
        self.client.fetch(call, ReferralLink::from_value).await
    }

    /// Changes a link (`PUT /customer_referral_links/{id}`,
    /// <https://github.com/partnero/partnero-php>). No source shows the body; that it holds the
    /// fields as a new link does is assumed.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an update without anything in it, and
    /// any other [`ErrorKind`](crate::ErrorKind).
    pub async fn update(
        self,
        id: &str,
        update: &ReferralLinkUpdate,
    ) -> Result<ReferralLink, Error> {
        let call = Call::repeatable(Method::PUT, "/customer_referral_links/{id}")
            .id(id)?
            .json(update)?;
        if update.is_empty() {
            return Err(call.invalid("the update changes nothing"));
        }
        self.client.change(call, ReferralLink::from_value).await
    }

    /// Deletes a link (`DELETE /customer_referral_links/{id}`,
    /// <https://github.com/partnero/partnero-php>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), also when an earlier attempt of the same call
    /// deleted the link and its answer was lost; any other [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::DELETE, "/customer_referral_links/{id}").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Finds links by their key (`GET /customer_referral_links:search`,
    /// <https://github.com/partnero/partnero-php>); if nothing is found, the list is empty.
    pub fn search_by_key(self, key: &str) -> List<ReferralLink> {
        self.search("key", key)
    }

    /// Finds links by their own id (`GET /customer_referral_links:search`,
    /// <https://github.com/partnero/partnero-php>); if nothing is found, the list is empty.
    pub fn search_by_id(self, id: &str) -> List<ReferralLink> {
        self.search("id", id)
    }

    fn search(self, field: &str, value: &str) -> List<ReferralLink> {
        let call = Call::get("/customer_referral_links:search");
        let list = List::new(self.client, Ok(call), ReferralLink::from_value);
        list.named(field, value).search()
    }
}

impl List<ReferralLink> {
    /// Only links of this customer, for a search. How Partnero's own package spells this filter
    /// was not seen in full: that it is `customer.id`, `customer.key` or `customer.email` is
    /// assumed.
    pub fn customer(self, customer: &CustomerSelector) -> Self {
        let (field, value) = customer.field();
        self.named(&format!("customer.{field}"), value)
    }
}
