//! The endpoints about payout requests: what partners are paid.

mod payout;

use http::Method;
use serde_json::json;

pub use self::payout::{PayoutRequest, PayoutStatus};
use super::call::Call;
use super::error::Error;
use super::handle::Client;
use super::list::List;
use super::partners::PartnerRef;

const LOOK_UP: &str = "look at its state with `payout_requests().get(…)`";

/// The payout requests of an affiliate program; made by [`Client::payout_requests`].
///
/// The only source is Partnero's own n8n node (<https://github.com/partnero/n8n-nodes-partnero>),
/// which shows the requests and no answer. So what an answer has is assumed.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct PayoutRequests<'a> {
    client: &'a Client,
}

impl Client {
    /// The payout requests of the affiliate program.
    pub fn payout_requests(&self) -> PayoutRequests<'_> {
        PayoutRequests { client: self }
    }
}

impl PayoutRequests<'_> {
    /// Asks for a payout of a partner's whole unpaid balance in one currency, by the way of payment
    /// that the partner has saved in Partnero's portal (`POST /payout_requests`). The currency is
    /// written as in `usd`. Partnero refuses it for a partner who is not active, or has saved none.
    ///
    /// Partnero's node can also name a way of payment and single rewards; for that there is
    /// [`Client::request`].
    ///
    /// It is never sent twice.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty partner or currency;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have been created, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn create(
        self,
        partner: &PartnerRef,
        currency: &str,
    ) -> Result<PayoutRequest, Error> {
        // Money: no call here is ever repeated by itself.
        let find_out = "look for the payout with `payout_requests().search()`";
        let body = json!({ "partner": partner, "amount_units": currency });
        let call = Call::once(Method::POST, "/payout_requests", find_out).json(&body)?;
        if [partner.as_str(), currency].contains(&"") {
            return Err(call.invalid("a payout needs a partner and a currency"));
        }
        self.client.change(call, PayoutRequest::from_value).await
    }

    /// Fetches one payout request by Partnero's number of it (`GET /payout_requests/{id}`).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, id: u64) -> Result<PayoutRequest, Error> {
        let call = Call::get("/payout_requests/{id}").id(&id.to_string())?;
        self.client.fetch(call, PayoutRequest::from_value).await
    }

    /// Lists the payout requests (`GET /payout_requests`).
    pub fn list(self) -> List<PayoutRequest> {
        let call = Call::get("/payout_requests");
        List::new(self.client, Ok(call), PayoutRequest::from_value)
    }

    /// Finds payout requests by [partner](List::partner), [state](List::status) or
    /// [currency](List::currency); a payout has to meet all that are set
    /// (`GET /payout_requests:search`).
    pub fn search(self) -> List<PayoutRequest> {
        let call = Call::get("/payout_requests:search");
        List::new(self.client, Ok(call), PayoutRequest::from_value).search()
    }

    /// Approves a payout that waits for a decision (`POST /payout_requests/{id}/approve`).
    ///
    /// # Errors
    ///
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have happened, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn approve(self, id: u64) -> Result<PayoutRequest, Error> {
        self.decide("/payout_requests/{id}/approve", id).await
    }

    /// Records that the money of an approved payout was sent, which clears the balance
    /// (`POST /payout_requests/{id}/mark_as_paid`).
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    pub async fn mark_as_paid(self, id: u64) -> Result<PayoutRequest, Error> {
        self.decide("/payout_requests/{id}/mark_as_paid", id).await
    }

    async fn decide(self, endpoint: &'static str, id: u64) -> Result<PayoutRequest, Error> {
        let call = Call::once(Method::POST, endpoint, LOOK_UP).id(&id.to_string())?;
        self.client.change(call, PayoutRequest::from_value).await
    }
}

impl List<PayoutRequest> {
    /// Only payouts of this partner.
    pub fn partner(self, partner: &PartnerRef) -> Self {
        let (field, value) = partner.field();
        self.named(&format!("partner_{field}"), value)
    }

    /// Only payouts in this state.
    pub fn status(self, status: PayoutStatus) -> Self {
        self.filter("status", status.as_str())
    }

    /// Only payouts in this currency, as `usd`.
    pub fn currency(self, currency: &str) -> Self {
        self.named("amount_units", currency)
    }
}
