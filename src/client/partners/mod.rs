//! The endpoints about the partners of an affiliate program.

mod new;
mod partner;
mod reference;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

pub use self::new::{NewPartner, PartnerUpdate};
pub use self::partner::Partner;
pub use self::reference::PartnerRef;
use super::amount::Amount;
use super::answer::Success;
use super::call::Call;
use super::error::Error;
use super::fields;
use super::handle::Client;
use super::list::List;
use super::referral_links::ReferralLink;

/// The partners of an affiliate program; made by [`Client::partners`].
///
/// What is known of these endpoints comes from Partnero's own n8n node
/// (<https://github.com/partnero/n8n-nodes-partnero>) and from Partnero's documentation
/// (<https://docs.partnero.com/api-reference/partners/overview>). Nothing was tried against Partnero
/// itself. A method that takes an `id` finds a partner by the identifier alone: a key or an e-mail
/// address is not found there. [`get`](Self::get) finds the identifier.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Partners<'a> {
    client: &'a Client,
}

impl Client {
    /// The partners of the affiliate program.
    pub fn partners(&self) -> Partners<'_> {
        Partners { client: self }
    }
}

impl Partners<'_> {
    /// Creates a partner (`POST /partners`,
    /// <https://docs.partnero.com/api-reference/partners/create>). Partners also register by
    /// themselves, in Partnero's portal.
    ///
    /// Safe to repeat: `id`, `key` and `email` are unique at Partnero.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty e-mail address, which Partnero
    /// requires. Most likely [`Invalid`](crate::ErrorKind::Invalid) for a partner that exists; no source
    /// says. Any other [`ErrorKind`](crate::ErrorKind).
    pub async fn create(self, partner: &NewPartner) -> Result<Partner, Error> {
        let call = Call::repeatable(Method::POST, "/partners").json(partner)?;
        if partner.email_address().is_empty() {
            return Err(call.invalid("a partner needs an e-mail address"));
        }
        self.client.change(call, Partner::named_from_value).await
    }

    /// Fetches one partner by key, identifier or e-mail address (`GET /partner`,
    /// <https://github.com/partnero/n8n-nodes-partnero>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none;
    /// [`Decode`](crate::ErrorKind::Decode) if the answer is about another partner;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty name, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, partner: &PartnerRef) -> Result<Partner, Error> {
        self.get_if(partner, |found| partner.may_be(found)).await
    }

    /// As [`get`](Self::get), whoever the answer is about.
    pub(crate) async fn get_any(self, partner: &PartnerRef) -> Result<Partner, Error> {
        self.get_if(partner, |_| true).await
    }

    async fn get_if(
        self,
        partner: &PartnerRef,
        is_it: impl FnOnce(&Partner) -> bool,
    ) -> Result<Partner, Error> {
        // By the query, because a path takes the id alone, and an unknown key would read as not
        // found (Partnero's n8n node).
        let (field, name) = partner.field();
        let call = Call::get("/partner");
        if name.is_empty() {
            return Err(call.invalid("the name to look for is empty"));
        }
        let call = call.query(field, name);
        self.client
            .fetch_if(call, Partner::named_from_value, is_it)
            .await
    }

    /// Lists the partners (`GET /partners`, <https://developers.partnero.com/reference/partners>).
    pub fn list(self) -> List<Partner> {
        let call = Call::get("/partners");
        List::new(self.client, Ok(call), Partner::from_value)
    }

    /// Finds partners by a part of their key (`GET /partners:search`,
    /// <https://github.com/partnero/n8n-nodes-partnero>). If nothing is found, the list is empty.
    pub fn search_by_key(self, part: &str) -> List<Partner> {
        self.search("key", part)
    }

    /// Finds partners by a part of their identifier. The source is the same as for
    /// [`search_by_key`](Self::search_by_key).
    pub fn search_by_id(self, part: &str) -> List<Partner> {
        self.search("id", part)
    }

    fn search(self, field: &str, value: &str) -> List<Partner> {
        let call = Call::get("/partners:search");
        let list = List::new(self.client, Ok(call), Partner::from_value);
        list.named(field, value).search()
    }

    /// Changes a partner (`PUT /partners/{id}`,
    /// <https://github.com/partnero/n8n-nodes-partnero>).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an update without anything in it;
    /// [`NotFound`](crate::ErrorKind::NotFound) also for a key in place of the identifier, and any
    /// other [`ErrorKind`](crate::ErrorKind).
    pub async fn update(self, id: &str, update: &PartnerUpdate) -> Result<Partner, Error> {
        let call = Call::repeatable(Method::PUT, "/partners/{id}")
            .id(id)?
            .json(&update.body())?;
        if update.is_empty() {
            return Err(call.invalid("the update changes nothing"));
        }
        self.client.change(call, Partner::from_value).await
    }

    /// Deletes a partner for good (`DELETE /partners/{id}`,
    /// <https://github.com/partnero/n8n-nodes-partnero>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), also when an earlier attempt of the same call deleted
    /// the partner and its answer was lost; any other [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::DELETE, "/partners/{id}").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Archives a partner, who then earns nothing (`POST /partners/{id}/archive`,
    /// <https://github.com/partnero/n8n-nodes-partnero>).
    ///
    /// # Errors
    ///
    /// Most likely [`Rejected`](crate::ErrorKind::Rejected) for a partner that is archived, also when
    /// an earlier attempt of the same call archived it and its answer was lost; any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn archive(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::POST, "/partners/{id}/archive").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Takes a partner out of the archive (`POST /partners/{id}/revoke-archive`). The source is the
    /// same as for [`archive`](Self::archive).
    ///
    /// # Errors
    ///
    /// As [`archive`](Self::archive).
    pub async fn restore(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::POST, "/partners/{id}/revoke-archive").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Lists the links of one partner (`GET /partners/{id}/referral_links`,
    /// <https://github.com/partnero/n8n-nodes-partnero>). That a link has the same fields as a
    /// customer's link is assumed.
    pub fn referral_links(self, id: &str) -> List<ReferralLink> {
        let call = Call::get("/partners/{id}/referral_links").id(id);
        List::new(self.client, call, ReferralLink::from_value)
    }

    /// Makes an address that signs the partner in to Partnero's portal once
    /// (`POST /partners:sign-in-url`, <https://github.com/partnero/n8n-nodes-partnero>). It is valid
    /// for `expires_in`, by Partnero's rule from 30 to 900 seconds; fractions of a second are dropped.
    ///
    /// No source shows the answer. A text is taken as the address, or the first of `url`,
    /// `sign_in_url` and `link` in an object.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another time, and for a partner named by
    /// the identifier, which this call does not take;
    /// [`Decode`](crate::ErrorKind::Decode) if the answer has no such address, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn sign_in_url(
        self,
        partner: &PartnerRef,
        expires_in: Duration,
    ) -> Result<String, Error> {
        let (field, name) = partner.field();
        // Repeated, it makes a second address, and the first one expires unseen.
        let call = Call::repeatable(Method::POST, "/partners:sign-in-url")
            .json(&json!({ field: name, "expires_in": expires_in.as_secs() }))?;
        if !(30..=900).contains(&expires_in.as_secs()) {
            return Err(call.invalid("an address to sign in is valid for 30 to 900 seconds"));
        }
        if field == "id" || name.is_empty() {
            return Err(call.invalid("name the partner by key or e-mail address"));
        }
        self.client.change(call, address).await
    }

    /// Credits a bonus to a partner beside the program's rules, in the program's currency
    /// (`POST /partners/{id}/reward`, <https://github.com/partnero/n8n-nodes-partnero>). The note says
    /// why, for whoever checks the rewards; an empty one is left out. Returns Partnero's answer as it
    /// is, because no source shows its form.
    ///
    /// It is never sent twice, because a repeated bonus cannot be told from a second one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an amount that is zero or less.
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have happened: then look at the partner's
    /// rewards in Partnero's dashboard. Any other [`ErrorKind`](crate::ErrorKind).
    pub async fn reward(self, id: &str, amount: Amount, note: &str) -> Result<Value, Error> {
        // A bonus has no key, and no endpoint lists bonuses.
        let find_out = "look at the partner's rewards in Partnero's dashboard";
        let mut body = json!({ "amount": amount });
        if !note.is_empty() {
            body["note"] = note.into();
        }
        let call = Call::once(Method::POST, "/partners/{id}/reward", find_out)
            .id(id)?
            .json(&body)?;
        if amount <= Amount::ZERO {
            return Err(call.invalid("a bonus is more than zero"));
        }
        self.client.send(call).await.map(data)
    }
}

fn address(data: Value) -> Option<String> {
    match data {
        Value::String(address) => Some(address),
        Value::Object(object) => {
            // No source shows the answer, so all likely names are tried.
            let names = ["url", "sign_in_url", "link"];
            names.iter().find_map(|name| fields::text(&object, name))
        }
        _ => None,
    }
}

fn data(mut success: Success) -> Value {
    success.fields.remove("data").unwrap_or_default()
}
