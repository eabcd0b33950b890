//! The endpoints about customers.

mod account;
mod balance;
mod customer;
mod invitation;
mod mask;
mod new;
mod profile;
mod reference;
mod search;
mod update;

use http::Method;

pub use self::balance::{Balance, BalanceGroup};
pub use self::customer::{Customer, ReferringCustomer};
pub use self::invitation::Invitation;
pub use self::new::NewCustomer;
pub use self::profile::{Friend, Profile};
pub use self::reference::{CustomerRef, CustomerSelector};
pub use self::search::ReferStatus;
pub use self::update::CustomerUpdate;
use super::Client;
use super::call::{Call, is_segment};
use super::error::Error;
use super::summary::CallSummary;

/// The customers of the program; made by [`Client::customers`].
///
/// Where a method takes an `id`, Partnero takes the app's identifier, the public key or the
/// e-mail address (<https://github.com/partnero/n8n-nodes-partnero>). Which one comes first where
/// a text is one customer's identifier and another's key is not documented.
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
    /// Safe to repeat: `id`, `key` and `email` are unique at Partnero
    /// (<https://developers.partnero.com/guide/referral>), so that a second try makes no second
    /// customer.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that is empty, `.` or `..`, by
    /// which no path could name the customer again.
    /// [`Invalid`](crate::ErrorKind::Invalid) or [`Conflict`](crate::ErrorKind::Conflict) for a customer that
    /// exists, and any other [`ErrorKind`](crate::ErrorKind). What Partnero answers to an unknown
    /// `referring_customer` is not documented.
    pub async fn create(self, customer: &NewCustomer) -> Result<Customer, Error> {
        let call = Call::new(CallSummary::create_customer()).json(customer)?;
        if !is_segment(customer.id()) {
            return Err(call.invalid("a customer needs an id that is not empty, `.` or `..`"));
        }
        self.client.write(call, Customer::from_value).await
    }

    /// Fetches one customer (`GET /customers/{id}`).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none, and any other [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, id: &str) -> Result<Customer, Error> {
        let call = Call::get("/customers/{id}").id(id)?;
        self.client.read(call, Customer::from_value).await
    }

    /// Changes a customer (`PUT /customers/{id}`).
    ///
    /// Sources show the changes inside `update`
    /// (<https://docs.partnero.com/api-reference/refer-a-friend/customers>) or flat in the body
    /// (<https://github.com/partnero/n8n-nodes-partnero>), so both are sent. Whether a referrer
    /// can be set later is not documented.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an update without anything in it;
    /// [`NotFound`](crate::ErrorKind::NotFound), [`Invalid`](crate::ErrorKind::Invalid), and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn update(self, id: &str, update: &CustomerUpdate) -> Result<Customer, Error> {
        let call = Call::repeatable(Method::PUT, "/customers/{id}")
            .id(id)?
            .json(&update.body())?;
        if update.is_empty() {
            return Err(call.invalid("nothing is to be changed"));
        }
        self.client.write(call, Customer::from_value).await
    }

    /// Deletes a customer (`DELETE /customers/{id}`). In affiliate programs that deletes its
    /// transactions, too (<https://docs.partnero.com/api-reference/customers/overview>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), also when an earlier attempt of the same call deleted
    /// the customer and its answer was lost; any other [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::DELETE, "/customers/{id}").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Archives a customer (`POST /customers/{id}/archive`). Partnero's own n8n node has this
    /// call (<https://github.com/partnero/n8n-nodes-partnero>) and does not say whether
    /// refer-a-friend programs do.
    ///
    /// # Errors
    ///
    /// [`Rejected`](crate::ErrorKind::Rejected) most likely for a customer that is archived, also when
    /// an earlier attempt of the same call did it and its answer was lost; any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn archive(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::POST, "/customers/{id}/archive").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Takes a customer back out of the archive (`POST /customers/{id}/revoke-archive`); known
    /// from the same place as [`archive`](Self::archive).
    ///
    /// # Errors
    ///
    /// As [`archive`](Self::archive).
    pub async fn restore(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::POST, "/customers/{id}/revoke-archive").id(id)?;
        self.client.send(call).await.map(drop)
    }
}
