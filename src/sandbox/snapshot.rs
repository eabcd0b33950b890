//! Copies of what the sandbox holds, for a test's asserts.

use std::time::SystemTime;

use super::customers::{Customer, Customers};
use super::world::World;

/// A customer, from [`Sandbox::customers`](crate::Sandbox::customers).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxCustomer {
    /// The app's own identifier, or a random one.
    pub id: String,
    /// The public referral key, or a random one.
    pub key: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The first name.
    pub name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// The id of the customer who brought this one.
    pub referred_by: Option<String>,
    /// How many customers this one has brought.
    pub referrals_count: usize,
    /// The link to share.
    pub referral_link: String,
    /// When it was created.
    pub created_at: SystemTime,
}

impl SandboxCustomer {
    pub(super) fn new(world: &World, customer: &Customer) -> Self {
        Self {
            id: customer.id.clone(),
            key: customer.key.clone(),
            email: customer.email.clone(),
            name: customer.name.clone(),
            surname: customer.surname.clone(),
            referred_by: referrer(&world.customers, customer).map(|referrer| referrer.id.clone()),
            referrals_count: customer.referrals.len(),
            referral_link: world.link(&customer.key),
            created_at: customer.created_at,
        }
    }
}

fn referrer<'a>(customers: &'a Customers, customer: &Customer) -> Option<&'a Customer> {
    customers.get(customer.referrer?)
}
