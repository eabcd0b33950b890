//! What an account page shows of a customer.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;

use super::balance::Balance;
use super::customer::Customer;
use crate::client::times;

/// What a customer's account page shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Profile {
    /// The customer whose page it is.
    pub customer: Customer,
    /// The link to share.
    pub link: Option<String>,
    /// What the customer has earned.
    pub balance: Balance,
    /// The friends whom the customer referred.
    pub friends: Vec<Friend>,
}

/// A friend, with the fields that the customer who referred the friend may see.
///
/// `Debug` leaves out the name.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Friend {
    /// The first name, if Partnero has one.
    pub name: Option<String>,
    /// The e-mail address with most letters left out, as `a***@s***.example`.
    pub masked_email: Option<String>,
    /// The state at Partnero.
    pub status: Option<String>,
    /// When the friend was created at Partnero.
    #[serde(serialize_with = "times::serialize")]
    pub created_at: Option<SystemTime>,
}

impl From<Customer> for Friend {
    fn from(customer: Customer) -> Self {
        Self {
            // The first name alone, without the surname: a friend did not agree to be shown to the
            // referrer.
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

/// Leaves the first letter of each part and the last label of the host: `a***@s***.example`.
fn mask(email: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    // The last `@`: before it, a quoted user part may have others (RFC 5321, section 4.1.2).
    let Some((user, host)) = email.rsplit_once('@') else {
        return format!("{}***", first(email));
    };
    match host.rsplit_once('.') {
        Some((host, top)) => format!("{}***@{}***.{top}", first(user), first(host)),
        None => format!("{}***@{}***", first(user), first(host)),
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn hardly_anything_is_left() {
        for (email, masked) in [
            ("anna@shop.example", "a***@s***.example"),
            ("a@b.co.example", "a***@b***.example"),
            ("anna@localhost", "a***@l***"),
            ("\"a@b\"@shop.example", "\"***@s***.example"),
            ("änna@shop.example", "ä***@s***.example"),
            ("anna", "a***"),
            ("@", "***@***"),
            ("", "***"),
        ] {
            assert_eq!(mask(email), masked);
        }
    }
}
