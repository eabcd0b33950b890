//! The endpoints about customers.

mod balance;
mod customer;
mod invitation;
mod new;
mod profile;
mod reference;
mod search;
mod update;

use futures_util::future::try_join3;
use http::Method;
use serde_json::Value;

pub use self::balance::{Balance, BalanceGroup};
pub use self::customer::{Customer, ReferringCustomer};
pub use self::invitation::Invitation;
pub use self::new::NewCustomer;
pub use self::profile::{Friend, Profile};
pub(in crate::client) use self::reference::key_of;
pub use self::reference::{CustomerRef, CustomerSelector};
pub use self::search::ReferStatus;
pub use self::update::CustomerUpdate;
use super::answer::Success;
use super::call::{Call, is_segment};
use super::error::Error;
use super::handle::Client;
use super::list::List;
use super::money::Money;
use super::referral_links::ReferralLink;
use super::summary::CallSummary;
use super::transactions::Transaction;

/// The customers of the program; made by [`Client::customers`].
///
/// As an `id`, Partnero accepts the app's identifier, the public key or the e-mail address
/// (<https://github.com/partnero/n8n-nodes-partnero>). If a text is the identifier of one customer
/// and the key of another, it is not documented which of the two is found.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Customers<'a> {
    client: &'a Client,
}

impl Client {
    /// The customers of the program.
    pub fn customers(&self) -> Customers<'_> {
        Customers { client: self }
    }
}

impl Customers<'_> {
    /// The function that reads a customer from an answer.
    fn reader(self) -> fn(Value) -> Option<Customer> {
        Customer::reader(self.client.program_kind())
    }

    /// Creates a customer (`POST /customers`). In an affiliate program the app's identifier goes out
    /// as `key`, and the partner beside it
    /// (<https://docs.partnero.com/api-reference/customers/create>).
    ///
    /// Safe to repeat: `id`, `key` and `email` are unique at Partnero
    /// (<https://developers.partnero.com/guide/referral>), so that a second try makes no second
    /// customer.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that is empty, `.` or `..`, because
    /// no path could name that customer; and for a customer of the other kind of program than the
    /// [client](super::ClientBuilder::affiliate) is for. In affiliate programs this is also a customer
    /// without a partner, whom Partnero rejects (<https://github.com/partnero/n8n-nodes-partnero>).
    /// [`Invalid`](crate::ErrorKind::Invalid) or [`Conflict`](crate::ErrorKind::Conflict) for a customer that
    /// exists, and any other [`ErrorKind`](crate::ErrorKind). What Partnero answers to an unknown
    /// `referring_customer` is not documented. An unknown partner is
    /// [`Rejected`](crate::ErrorKind::Rejected) by the documentation.
    pub async fn create(self, customer: &NewCustomer) -> Result<Customer, Error> {
        let call = Call::new(CallSummary::create_customer());
        // Such an identifier could be created and then never be read back, because it cannot stand
        // in a path.
        if !is_segment(customer.id()) {
            return Err(call.invalid("a customer needs an id that is not empty, `.` or `..`"));
        }
        let body = customer.body(self.client.program_kind(), &call)?;
        let call = call.json(&body)?;
        // An answer without any name of the customer may be another server's.
        let read = Customer::named_reader(self.client.program_kind());
        self.client.change(call, read).await
    }

    /// Fetches one customer (`GET /customers/{id}`).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is none, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn get(self, id: &str) -> Result<Customer, Error> {
        let call = Call::get("/customers/{id}").id(id)?;
        self.client.fetch(call, self.reader()).await
    }

    /// Lists the customers (`GET /customers`,
    /// <https://docs.partnero.com/api-reference/refer-a-friend/customers>).
    ///
    /// ```no_run
    /// use tower_partnero::client::ReferStatus;
    ///
    /// # async fn example(client: tower_partnero::Client) -> Result<(), tower_partnero::Error> {
    /// let referred = client.customers().list().refer_status(ReferStatus::Referred);
    /// let page = referred.limit(25).send().await?;
    /// println!("{} customers, and more: {}", page.items.len(), page.next.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> List<Customer> {
        let call = Call::get("/customers");
        List::new(self.client, Ok(call), self.reader())
    }

    /// Finds customers by identifier, key or e-mail address (`GET /customers:search`,
    /// <https://github.com/partnero/n8n-nodes-partnero>). Whether part of a text is enough is not
    /// documented. If nothing is found, the list is empty. An empty text is refused when the list is
    /// sent, because it could find every customer.
    pub fn search(self, customer: &CustomerSelector) -> List<Customer> {
        let (field, value) = customer.field();
        let call = Call::get("/customers:search");
        let list = List::new(self.client, Ok(call), self.reader());
        list.named(field, value).search()
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
            return Err(call.invalid("the update changes nothing"));
        }
        self.client.change(call, self.reader()).await
    }

    /// Deletes a customer (`DELETE /customers/{id}`). In affiliate programs that deletes its
    /// transactions, too (<https://docs.partnero.com/api-reference/customers/overview>).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound), also when an earlier attempt of the same call deleted
    /// the customer and its answer was lost; any other [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        // Repeatable: a second delete finds nobody, and no other customer.
        let call = Call::repeatable(Method::DELETE, "/customers/{id}").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Archives a customer (`POST /customers/{id}/archive`). Partnero's own n8n node has this
    /// call (<https://github.com/partnero/n8n-nodes-partnero>) and does not say whether
    /// refer-a-friend programs do.
    ///
    /// # Errors
    ///
    /// Most likely [`Rejected`](crate::ErrorKind::Rejected) for a customer that is archived, also when
    /// an earlier attempt of the same call archived it and its answer was lost; any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn archive(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::POST, "/customers/{id}/archive").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Takes a customer out of the archive (`POST /customers/{id}/revoke-archive`). The source is the
    /// same as for [`archive`](Self::archive).
    ///
    /// # Errors
    ///
    /// As [`archive`](Self::archive).
    pub async fn restore(self, id: &str) -> Result<(), Error> {
        let call = Call::repeatable(Method::POST, "/customers/{id}/revoke-archive").id(id)?;
        self.client.send(call).await.map(drop)
    }

    /// Lists the customers that one customer has referred (`GET /customers/{id}/referrals`,
    /// <https://developers.partnero.com/guide/referral>).
    ///
    /// No source says whether this list comes in pages. If it does, all of them are fetched, within
    /// one [deadline](super::ClientBuilder::deadline) and up to 1,000 pages and 4 times the
    /// [largest answer](super::ClientBuilder::largest_answer). A longer list ends as
    /// [`Decode`](crate::ErrorKind::Decode).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn referrals(self, id: &str) -> Result<Vec<Customer>, Error> {
        let call = Call::get("/customers/{id}/referrals").id(id);
        let list = List::new(self.client, call, self.reader());
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
        self.client
            .fetch(call, Balance::reader(self.client.program_kind()))
            .await
    }

    /// Credits a customer (`POST /customers/{id}/balance/credit`), and returns Partnero's answer as it
    /// is, because no source shows its form.
    ///
    /// **It is not certain whether this adds to the balance or takes from it.** Partnero's guide says
    /// that the rewards decide what can be credited
    /// (<https://developers.partnero.com/guide/referral>). Another description says that the
    /// customer is credited *from* the balance. So it seems to pay a reward out, and not to add one.
    /// Try it on a program of your own first.
    ///
    /// It is never sent twice, because a repeated credit cannot be told from a second one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an amount below zero, or one whose unit is
    /// unknown. [`Ambiguous`](crate::ErrorKind::Ambiguous) if it may have happened: then read the
    /// [`balance`](Self::balance) and compare. Any other [`ErrorKind`](crate::ErrorKind).
    pub async fn credit(self, id: &str, credit: &Money) -> Result<Value, Error> {
        // A credit has no key, so nothing but the balance shows whether it arrived.
        let find_out = "read the balance with `customers().balance(…)` and compare";
        let call = Call::once(Method::POST, "/customers/{id}/balance/credit", find_out)
            .id(id)?
            .json(credit)?;
        // The sources do not agree whether a credit adds or spends, so nobody could say what a
        // minus sign means.
        if credit.amount.is_negative() {
            return Err(call.invalid("a credit is not negative"));
        }
        if credit.unit.is_none() || credit.is_currency.is_none() {
            return Err(call.invalid("a credit needs its unit: use `Money::currency` or `custom`"));
        }
        self.client.send(call).await.map(data)
    }

    /// A customer's statistics (`GET /customers/{id}/stats`,
    /// <https://github.com/partnero/partnero-php>), as Partnero answers them, because no source shows
    /// their form.
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

    /// Fetches what a customer's account page shows: the customer, the link to share, the
    /// balance and the friends who came through it.
    ///
    /// It makes three calls at the same time. If the answer about the customer has no link, as in
    /// Partnero's oldest examples, a fourth call lists the customer's links.
    /// All of them have one [deadline](super::ClientBuilder::deadline) together.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`](crate::ErrorKind). It is the error of the call that failed first.
    pub async fn profile(self, id: &str) -> Result<Profile, Error> {
        // The page of a visitor waits for this, however many calls it takes.
        let client = self.client.within_one_deadline();
        let customers = client.customers();
        let (customer, balance, referrals) = try_join3(
            customers.get(id),
            customers.balance(id),
            customers.referrals(id),
        )
        .await?;
        let link = match &customer.referral_link {
            Some(link) => Some(link.clone()),
            // Asked only if the customer's own answer has no link, which saves a call.
            None => customers.link(id).await?,
        };
        Ok(Profile {
            link,
            balance,
            friends: referrals.into_iter().map(Friend::from).collect(),
            customer,
        })
    }

    async fn link(self, id: &str) -> Result<Option<String>, Error> {
        // One page is enough: hardly a customer has more links than a page holds.
        let links = self.client.referral_links().list(id).send().await?.items;
        let default = |link: &&ReferralLink| link.is_default == Some(true);
        let link = links.iter().find(default).or(links.first());
        Ok(link.and_then(|link| link.url.clone()))
    }

    /// Invites somebody to the program by e-mail (`POST /customers:invite`,
    /// <https://github.com/partnero/partnero-php>), and returns Partnero's answer as it is, because no
    /// source shows its form.
    ///
    /// It is never sent twice, because the person could get two e-mails.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) without an e-mail address;
    /// [`Ambiguous`](crate::ErrorKind::Ambiguous) if the e-mail may be on its way, and any other
    /// [`ErrorKind`](crate::ErrorKind).
    pub async fn invite(self, invitation: &Invitation) -> Result<Value, Error> {
        // Not repeatable: each call sends the person an e-mail.
        let find_out = "look the customer up with `customers().search(…)`";
        let call = Call::once(Method::POST, "/customers:invite", find_out).json(invitation)?;
        if invitation.email_address().is_empty() {
            return Err(call.invalid("an invitation needs an e-mail address"));
        }
        self.client.send(call).await.map(data)
    }
}

fn data(mut success: Success) -> Value {
    success.fields.remove("data").unwrap_or_default()
}
