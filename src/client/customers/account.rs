//! What belongs to one customer: referrals, balance, credit, transactions.

use http::Method;
use serde_json::Value;

use super::{Balance, Customer, Customers};
use crate::client::call::Call;
use crate::client::error::Error;
use crate::client::list::List;
use crate::client::money::Money;
use crate::client::transactions::Transaction;

impl Customers<'_> {
    /// Lists the customers that one customer has referred (`GET /customers/{id}/referrals`,
    /// <https://developers.partnero.com/guide/referral>).
    ///
    /// No source says whether this list comes in pages; if it does, all of them are fetched.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn referrals(self, id: &str) -> Result<Vec<Customer>, Error> {
        let call = Call::get("/customers/{id}/referrals").id(id);
        let list = List::new(self.client, call, Customer::from_value);
        list.whole().collect().await
    }

    /// What a customer has earned (`GET /customers/{id}/balance`,
    /// <https://developers.partnero.com/reference/referral-transactions>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn balance(self, id: &str) -> Result<Balance, Error> {
        let call = Call::get("/customers/{id}/balance").id(id)?;
        self.client.read(call, Balance::from_value).await
    }

    /// Credits a customer (`POST /customers/{id}/balance/credit`), and gives what Partnero
    /// answers, of which no source shows the shape.
    ///
    /// **Which way it goes is not certain.** Partnero's guide says that what can be credited
    /// depends on the rewards there are (<https://developers.partnero.com/guide/referral>), and
    /// another description has the customer credited *from* the balance: it seems to pay a reward
    /// out rather than to add one. Try it on a program of your own first.
    ///
    /// It is never sent twice, because nothing tells a repeated credit from a second one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an amount below zero, or one whose unit is
    /// unknown. [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have happened: then read the
    /// [`balance`](Self::balance) and compare. Any other [`ErrorKind`](crate::ErrorKind).
    pub async fn credit(self, id: &str, credit: &Money) -> Result<Value, Error> {
        let find_out = "read the balance with `customers().balance(…)` and compare";
        let call = Call::once(Method::POST, "/customers/{id}/balance/credit", find_out)
            .id(id)?
            .json(credit)?;
        if credit.amount.is_negative() {
            return Err(call.invalid("a credit is not negative"));
        }
        if credit.unit.is_none() || credit.is_currency.is_none() {
            return Err(call.invalid("a credit needs its unit: use `Money::currency` or `custom`"));
        }
        self.client.send(call).await.map(data)
    }

    /// A customer's statistics (`GET /customers/{id}/stats`,
    /// <https://github.com/partnero/partnero-php>), as Partnero answers them: no source shows
    /// their shape.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn stats(self, id: &str) -> Result<Value, Error> {
        let call = Call::get("/customers/{id}/stats").id(id)?;
        self.client.send(call).await.map(data)
    }

    /// Lists the transactions of one customer (`GET /customers/{id}/transactions`,
    /// <https://github.com/partnero/n8n-nodes-partnero>).
    pub fn transactions(self, id: &str) -> List<Transaction> {
        let call = Call::get("/customers/{id}/transactions").id(id);
        List::new(self.client, call, Transaction::from_value)
    }
}

pub(super) fn data(mut envelope: serde_json::Map<String, Value>) -> Value {
    envelope.remove("data").unwrap_or_default()
}
