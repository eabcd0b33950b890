//! The endpoints about customers.

use serde_json::{Map, Value};

use super::Client;
use super::call::Call;
use super::customer::Customer;
use super::error::Error;
use super::kind::ErrorKind;
use super::new_customer::NewCustomer;
use super::summary::CallSummary;

/// The customers of the program; made by [`Client::customers`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Customers<'a> {
    client: &'a Client,
}

impl<'a> Customers<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Creates a customer (`POST /customers`).
    ///
    /// Safe to repeat: `id`, `key` and `email` are unique at Partnero, so that a second try makes
    /// no second customer.
    ///
    /// # Errors
    ///
    /// [`Invalid`](ErrorKind::Invalid) or [`Conflict`](ErrorKind::Conflict) for a customer that
    /// exists, and any other [`ErrorKind`]. What Partnero answers to an unknown
    /// `referring_customer` is not documented.
    pub async fn create(&self, customer: &NewCustomer) -> Result<Customer, Error> {
        let call = Call::new(CallSummary::create_customer()).json(customer)?;
        if customer.id().is_empty() {
            return Err(call.invalid("a customer needs an id that is not empty"));
        }
        let summary = call.summary.clone();
        let envelope = self.client.send(call).await?;
        read(envelope).ok_or_else(|| {
            Error::new(ErrorKind::Decode, &summary).with_message("the answer holds no customer")
        })
    }

    /// Fetches one customer (`GET /customers/{id}`) by the app's identifier, the public key or
    /// the e-mail address. Which one comes first where a text is one customer's identifier and
    /// another's key is not documented.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is none, and any other [`ErrorKind`].
    pub async fn get(&self, id: &str) -> Result<Customer, Error> {
        let call = Call::get("/customers/{id}").id(id)?;
        let summary = call.summary.clone();
        let envelope = self.client.send(call).await?;
        read(envelope).ok_or_else(|| not_found(&summary))
    }

    /// Lists the customers that one customer has referred (`GET /customers/{id}/referrals`).
    ///
    /// No source says whether this list comes in pages; what the first answer holds is returned.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`].
    pub async fn referrals(&self, id: &str) -> Result<Vec<Customer>, Error> {
        let call = Call::get("/customers/{id}/referrals").id(id)?;
        let mut envelope = self.client.send(call).await?;
        let Some(Value::Array(items)) = envelope.remove("data") else {
            return Ok(Vec::new());
        };
        Ok(items.into_iter().filter_map(Customer::from_value).collect())
    }
}

fn read(mut envelope: Map<String, Value>) -> Option<Customer> {
    envelope.remove("data").and_then(Customer::from_value)
}

/// Partnero's own plugin takes a success with empty `data` for "not found".
fn not_found(call: &CallSummary) -> Error {
    Error::new(ErrorKind::NotFound, call).with_message("the answer is empty")
}
