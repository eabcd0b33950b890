//! The endpoints about transactions: sales, and their refunds.

mod buyer;
mod new;
mod transaction;

use http::Method;
use serde_json::{Map, Value, json};

pub use self::buyer::Buyer;
pub use self::new::NewTransaction;
pub use self::transaction::{Reward, Transaction};
use super::call::Call;
use super::error::Error;
use super::handle::Client;
use super::kind::ErrorKind;
use super::list::List;

const NOT_ABOUT_IT: &str = "the answer is not about this transaction";
const LOOK_UP: &str = "look it up with `transactions().list().key(…)`";

/// The transactions of the program; made by [`Client::transactions`].
///
/// **Partnero does not keep transaction keys unique**: a transaction that is sent twice is recorded
/// twice and pays twice (<https://github.com/partnero/n8n-nodes-partnero>; other pages call the key
/// unique). There is no idempotency header. So this client never repeats a call that makes or
/// deletes a transaction once the call may have arrived. Such a call ends as
/// [`Ambiguous`](crate::ErrorKind::Ambiguous).
///
/// In refer-a-friend programs, transactions can be made for referred customers only
/// (<https://developers.partnero.com/reference/referral-transactions>). What Partnero answers for
/// others is not documented.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Transactions<'a> {
    client: &'a Client,
}

impl Client {
    /// The transactions of the program.
    pub fn transactions(&self) -> Transactions<'_> {
        Transactions { client: self }
    }
}

impl Transactions<'_> {
    /// Records what a customer bought (`POST /transactions`,
    /// <https://docs.partnero.com/api-reference/refer-a-friend/transactions>).
    ///
    /// If Stripe, Paddle or Chargebee carries the payments, connect Partnero's own integration instead
    /// of sending sales. With both, each sale is rewarded twice
    /// (<https://github.com/partnero/n8n-nodes-partnero>).
    ///
    /// ```no_run
    /// use tower_partnero::client::{Amount, Buyer, ErrorKind, NewTransaction};
    ///
    /// # async fn example(client: tower_partnero::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let sale = NewTransaction::new("order-7", Amount::major("19.99")?).unit("USD");
    /// match client.transactions().create(&Buyer::id(42), &sale).await {
    ///     Ok(transaction) => println!("credited to {:?}", transaction.customer),
    ///     // It may have been recorded: look it up before sending it again.
    ///     Err(error) if error.kind() == ErrorKind::Ambiguous => {
    ///         let found = client.transactions().list().key("order-7").send().await?;
    ///         println!("recorded {} times", found.items.len());
    ///     }
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a key that is empty, `.` or `..`, for a
    /// buyer with an empty name, and for a time before 1970;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have been recorded, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn create(
        self,
        buyer: &Buyer,
        transaction: &NewTransaction,
    ) -> Result<Transaction, Error> {
        // Never repeated: a second transaction with the same key pays again (Partnero's n8n node).
        let call = Call::once(Method::POST, "/transactions", LOOK_UP);
        let mut body = transaction.fields(&call)?;
        buyer.fill(&mut body, self.client.program_kind(), &call)?;
        let mut success = self.client.send(call.json(&body)?).await?;
        let made = success.take_data().and_then(Transaction::from_value);
        // A confirmed success may come without the transaction.
        match made {
            Some(made) if success.says_success() || transaction.is_named(&made) => Ok(made),
            None if success.says_success() => Ok(Transaction::default()),
            _ => Err(success.error(ErrorKind::Decode, NOT_ABOUT_IT)),
        }
    }

    /// Records several transactions of one customer in one call (`POST /transactions` with a list
    /// in it, <https://developers.partnero.com/reference/transactions>).
    ///
    /// The answer's form is not documented: a list is accepted, and a single transaction. It is not
    /// documented either whether Partnero records some of them if it refuses others.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), for all of them together; also
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty list.
    pub async fn create_batch(
        self,
        buyer: &Buyer,
        transactions: &[NewTransaction],
    ) -> Result<Vec<Transaction>, Error> {
        // As one sale is, and for the same reason.
        let call = Call::once(Method::POST, "/transactions", LOOK_UP);
        if transactions.is_empty() {
            return Err(call.invalid("there is no transaction to send"));
        }
        let items: Result<Vec<_>, Error> = transactions
            .iter()
            .map(|transaction| transaction.fields(&call))
            .collect();
        let mut body = Map::new();
        body.insert("transactions".to_owned(), json!(items?));
        buyer.fill(&mut body, self.client.program_kind(), &call)?;
        let mut success = self.client.send(call.json(&body)?).await?;
        let items = match success.take_data() {
            // A batch of one may be answered with the transaction itself.
            Some(Value::Array(items)) => items,
            data => data.into_iter().collect(),
        };
        let made = items.into_iter().filter_map(Transaction::from_value);
        let made: Vec<_> = made.collect();
        let is_sent = |made: &Transaction| transactions.iter().any(|sent| sent.is_named(made));
        if success.says_success() || made.iter().any(is_sent) {
            return Ok(made);
        }
        Err(success.error(ErrorKind::Decode, NOT_ABOUT_IT))
    }

    /// Lists the transactions (`GET /transactions`,
    /// <https://docs.partnero.com/api-reference/transactions/list>).
    pub fn list(self) -> List<Transaction> {
        let call = Call::get("/transactions");
        List::new(self.client, Ok(call), Transaction::from_value)
    }

    /// Fetches one transaction by its key (`GET /transactions/{key}`). Of several with one key,
    /// it is not documented which; [`list`](Self::list) finds them all.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none;
    /// [`Decode`](crate::ErrorKind::Decode) if the answer is about a transaction of another key,
    /// and any other [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, key: &str) -> Result<Transaction, Error> {
        let call = Call::get("/transactions/{id}").id(key)?;
        // A path may find a transaction by another name than its key.
        let is_it = |found: &Transaction| found.key.as_deref().is_none_or(|found| found == key);
        self.client
            .fetch_if(call, Transaction::from_value, is_it)
            .await
    }

    /// Deletes a transaction and takes its rewards back. This is how a refund is reported
    /// (`DELETE /transactions/{key}`,
    /// <https://docs.partnero.com/api-reference/transactions/delete>). It cannot be undone, and
    /// there is no refund of a part.
    ///
    /// The key is sent in the path and in the body, because sources show the one or the other, and a
    /// comment in Partnero's own plugin says that the path alone did not work. It is never sent
    /// twice, because keys are not unique, and the second time could delete another transaction.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may be deleted, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, key: &str) -> Result<(), Error> {
        // Not repeatable: several transactions may have the key, and a second call would delete
        // another one.
        let call = Call::once(Method::DELETE, "/transactions/{id}", LOOK_UP)
            .id(key)?
            // The key stands in the path and in the body, because Partnero's own plugin found the
            // path alone not to work.
            .json(&json!({ "key": key }))?;
        let mut success = self.client.send(call).await?;
        let is_it = |data| {
            let deleted = Transaction::from_value(data);
            deleted.is_some_and(|deleted| deleted.key.as_deref() == Some(key))
        };
        // Another server may answer 200 to any path, and the refund would be lost.
        if success.says_success() || success.take_data().is_some_and(is_it) {
            return Ok(());
        }
        Err(success.error(ErrorKind::Decode, NOT_ABOUT_IT))
    }
}

impl List<Transaction> {
    /// Only transactions with this key. There may be several. An empty key is refused when the list
    /// is sent, because Partnero could take it for no filter.
    pub fn key(self, key: &str) -> Self {
        self.named("key", key)
    }

    /// Only transactions of the customer with this public key, in the oldest documentation's
    /// spelling (<https://developers.partnero.com/reference/transactions>). Newer pages do not
    /// name this filter.
    pub fn customer_key(self, key: &str) -> Self {
        self.named("customer.key", key)
    }
}
