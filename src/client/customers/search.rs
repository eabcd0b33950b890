//! Customers found by what they have.

use super::{Customer, CustomerSelector, Customers};
use crate::client::call::Call;
use crate::client::list::List;

impl Customers<'_> {
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
        List::new(self.client, Ok(call), Customer::from_value)
    }

    /// Finds customers by identifier, key or e-mail address (`GET /customers:search`,
    /// <https://github.com/partnero/n8n-nodes-partnero>). Whether part of a text is enough is not
    /// documented; finding nothing is an empty list. An empty text is refused when the list is sent:
    /// it could find everybody.
    pub fn search(self, customer: &CustomerSelector) -> List<Customer> {
        let (field, value) = customer.field();
        let call = Call::get("/customers:search");
        let list = List::new(self.client, Ok(call), Customer::from_value);
        list.named(field, value).search()
    }
}

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
    /// [`Customers::list`] alone.
    pub fn refer_status(self, status: ReferStatus) -> Self {
        let value = match status {
            ReferStatus::Referred => "referred",
            ReferStatus::NonReferred => "non_referred",
        };
        self.filter("refer_status", value)
    }
}
