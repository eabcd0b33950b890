//! What an account page shows while the sign-up is on its way.

use crate::client::{Client, Error, ErrorKind, Profile};
use crate::delivery::{Outbox, ReportKind};

/// A customer's account, also before Partnero has the customer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Account {
    /// Partnero has the customer.
    Ready(Box<Profile>),
    /// The sign-up waits in the outbox. There is no link yet; show the page again later.
    Pending,
    /// The sign-up is a dead letter: a person has to look at it.
    Stuck,
}

impl Account {
    /// Fetches a customer's [profile](crate::client::Customers::profile). If Partnero does not have
    /// the customer, or cannot be asked, it looks whether the sign-up is still in the outbox.
    ///
    /// ```
    /// use tower_partnero::account::Account;
    /// # use tower_partnero::{ApiKey, Client, NewCustomer, Outbox, Sandbox};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder(ApiKey::new(sandbox.api_key())?).base_url(sandbox.base_url()).build()?;
    /// # let outbox = Outbox::memory();
    /// outbox.enqueue(NewCustomer::new(42).name("Anna")).await?;
    /// assert_eq!(Account::of(&client, &outbox, "42").await?, Account::Pending);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Partnero's own error, if the outbox has no such sign-up or cannot be read:
    /// [`NotFound`](ErrorKind::NotFound) for somebody who never signed up.
    pub async fn of(client: &Client, outbox: &Outbox, id: &str) -> Result<Self, Error> {
        let error = match client.customers().profile(id).await {
            Ok(profile) => return Ok(Self::Ready(Box::new(profile))),
            Err(error) => error,
        };
        if error.kind() == ErrorKind::InvalidInput {
            return Err(error);
        }
        let rows = outbox.export(id).await.unwrap_or_default();
        let sign_up = rows
            .iter()
            .find(|row| row["kind"] == ReportKind::Customer.as_str());
        match sign_up.and_then(|row| row["state"].as_str()) {
            None | Some("done") => Err(error),
            Some("dead") => Ok(Self::Stuck),
            Some(_) => Ok(Self::Pending),
        }
    }
}
