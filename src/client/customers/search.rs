//! The filter that lists of customers have.

use super::customer::Customer;
use crate::client::list::List;

/// Which customers a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReferStatus {
    /// Those whom somebody has referred.
    Referred,
    /// Those whom nobody has referred.
    NonReferred,
}

impl List<Customer> {
    /// Only customers of this kind. Default: all. Documented for
    /// [`Customers::list`](super::Customers::list) alone.
    pub fn refer_status(self, status: ReferStatus) -> Self {
        let value = match status {
            ReferStatus::Referred => "referred",
            ReferStatus::NonReferred => "non_referred",
        };
        self.filter("refer_status", value)
    }
}
