//! The endpoints about leads: people whom a partner has named to the program's owner.

mod lead;

use http::Method;
use serde_json::json;

pub use self::lead::Lead;
use super::amount::Amount;
use super::call::Call;
use super::error::Error;
use super::handle::Client;
use super::list::List;
use super::partners::PartnerRef;

/// The leads of an affiliate program; made by [`Client::leads`].
///
/// The only source is Partnero's own n8n node (<https://github.com/partnero/n8n-nodes-partnero>),
/// which shows the requests and no answer. So what an answer has is assumed.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Leads<'a> {
    client: &'a Client,
}

impl Client {
    /// The leads of the affiliate program.
    pub fn leads(&self) -> Leads<'_> {
        Leads { client: self }
    }
}

impl Leads<'_> {
    /// Creates a lead for a partner (`POST /leads`). Every lead belongs to a partner.
    ///
    /// It is never sent twice, because no source says whether Partnero keeps leads unique.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty name, e-mail address or
    /// partner, all of which Partnero requires;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if the lead may have been created, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn create(
        self,
        partner: &PartnerRef,
        name: &str,
        email: &str,
    ) -> Result<Lead, Error> {
        // A lead has no key of the app's, so a repeated call makes a second lead.
        let find_out = "look for the lead with `leads().list()`";
        let body = json!({ "partner": partner, "name": name, "email": email });
        let call = Call::once(Method::POST, "/leads", find_out).json(&body)?;
        if [partner.as_str(), name, email].contains(&"") {
            return Err(call.invalid("a lead needs a partner, a name and an e-mail address"));
        }
        self.client.change(call, Lead::from_value).await
    }

    /// Fetches one lead by Partnero's number of it (`GET /leads/{id}`).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, id: u64) -> Result<Lead, Error> {
        let call = Call::get("/leads/{id}").id(&id.to_string())?;
        self.client.fetch(call, Lead::from_value).await
    }

    /// Lists the leads (`GET /leads`).
    pub fn list(self) -> List<Lead> {
        List::new(self.client, Ok(Call::get("/leads")), Lead::from_value)
    }

    /// Deletes a lead for good (`DELETE /leads/{id}`).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), also when an earlier attempt of the same call deleted
    /// the lead and its answer was lost; any other [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, id: u64) -> Result<(), Error> {
        let call = Call::repeatable(Method::DELETE, "/leads/{id}").id(&id.to_string())?;
        self.client.send(call).await.map(drop)
    }

    /// Marks a lead as converted, with the amount from which the commission is calculated
    /// (`POST /leads/convert`).
    ///
    /// It is never sent twice, because it may pay a commission.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an amount below zero;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have happened, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn convert(self, id: u64, amount: Amount) -> Result<Lead, Error> {
        let body = json!({ "id": id, "commission_transaction_amount": amount });
        // Not repeatable: whether a second conversion pays again is not known.
        let call = Call::once(Method::POST, "/leads/convert", LOOK_UP).json(&body)?;
        if amount.is_negative() {
            return Err(call.invalid("the amount is not negative"));
        }
        self.client.change(call, Lead::from_value).await
    }

    /// Marks a lead as rejected (`POST /leads/reject`).
    ///
    /// # Errors
    ///
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have happened, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn reject(self, id: u64) -> Result<Lead, Error> {
        let call = Call::once(Method::POST, "/leads/reject", LOOK_UP).json(&json!({ "id": id }))?;
        self.client.change(call, Lead::from_value).await
    }
}

const LOOK_UP: &str = "look at its state with `leads().get(…)`";
