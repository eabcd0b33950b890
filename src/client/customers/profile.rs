//! All that an account page shows, in one call.

use std::fmt;
use std::time::SystemTime;

use futures_util::future::try_join3;

use super::mask::mask;
use super::{Balance, Customer, Customers};
use crate::client::error::Error;
use crate::client::referral_links::ReferralLink;

impl Customers<'_> {
    /// Fetches what a customer's account page shows: the customer, the link to share, the
    /// balance and the friends who came through it.
    ///
    /// Three calls at once; where the customer's answer has no link, as in Partnero's oldest
    /// examples, the customer's links are asked for one.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such customer, and any other
    /// [`ErrorKind`](crate::ErrorKind): of the first of the calls that failed.
    pub async fn profile(self, id: &str) -> Result<Profile, Error> {
        let (customer, balance, referrals) =
            try_join3(self.get(id), self.balance(id), self.referrals(id)).await?;
        let link = match &customer.referral_link {
            Some(link) => Some(link.clone()),
            None => self.link(id).await?,
        };
        Ok(Profile {
            link,
            balance,
            friends: referrals.into_iter().map(Friend::from).collect(),
            customer,
        })
    }

    async fn link(self, id: &str) -> Result<Option<String>, Error> {
        let links = self.client.referral_links().list(id).send().await?.items;
        let default = |link: &&ReferralLink| link.is_default == Some(true);
        let link = links.iter().find(default).or(links.first());
        Ok(link.and_then(|link| link.url.clone()))
    }
}

/// What a customer's account page shows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// The customer whose page it is.
    pub customer: Customer,
    /// The link to share.
    pub link: Option<String>,
    /// What the customer has earned.
    pub balance: Balance,
    /// The friends who came through the link.
    pub friends: Vec<Friend>,
}

/// A friend, as far as the one who referred them may see.
///
/// `Debug` leaves out the name.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Friend {
    /// The first name, if the friend has told one.
    pub name: Option<String>,
    /// The e-mail address with hardly a letter left, as `a***@s***.example`.
    pub masked_email: Option<String>,
    /// The state at Partnero.
    pub status: Option<String>,
    /// When the friend came.
    pub created_at: Option<SystemTime>,
}

impl From<Customer> for Friend {
    fn from(customer: Customer) -> Self {
        Self {
            name: customer.name,
            masked_email: customer.email.as_deref().map(mask),
            status: customer.status,
            created_at: customer.created_at,
        }
    }
}

impl fmt::Debug for Friend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Friend")
            .field("masked_email", &self.masked_email)
            .field("status", &self.status)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}
