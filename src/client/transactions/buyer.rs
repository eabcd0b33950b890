//! The customer who bought.

use serde_json::{Map, Value, json};

use crate::client::call::Call;
use crate::client::customers::{CustomerSelector, NewCustomer};
use crate::client::error::Error;
use crate::referral::ProgramKind;

/// The customer of a transaction: the one who bought, who is the *referred* one.
///
/// ```
/// use tower_partnero::client::{Buyer, CustomerRef, NewCustomer};
///
/// let known = Buyer::id(42);
/// let guest = NewCustomer::new("guest-7").referring_customer(CustomerRef::key("anna-7"));
/// let new = Buyer::new_customer(guest).referral_url("https://shop.example/?ref=anna-7");
/// # let _ = (known, new);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Buyer {
    customer: Customer,
    tags: Vec<String>,
    referral_url: Option<String>,
}

#[derive(Clone, Debug)]
enum Customer {
    Known(CustomerSelector),
    New(Box<NewCustomer>),
}

impl Buyer {
    /// A customer that Partnero knows.
    pub fn known(customer: impl Into<CustomerSelector>) -> Self {
        Self::from_customer(Customer::Known(customer.into()))
    }

    /// The customer with the app's own identifier. In affiliate programs it goes out as `key`, as it
    /// does when the customer is created.
    pub fn id(id: impl ToString) -> Self {
        Self::known(CustomerSelector::id(id))
    }

    /// The customer with this public key.
    pub fn key(key: impl Into<String>) -> Self {
        Self::known(CustomerSelector::key(key))
    }

    /// The customer with this e-mail address.
    pub fn email(email: impl Into<String>) -> Self {
        Self::known(CustomerSelector::email(email))
    }

    /// A customer that Partnero creates with the transaction (`options.create_customer`,
    /// <https://developers.partnero.com/reference/referral-transactions>).
    ///
    /// That page names id, name, surname, e-mail address, [tags](Self::tags), referring customer and
    /// a time of creation. The time is left out here, because no source shows its form. That Partnero
    /// accepts a public key and a date of birth, too, is assumed.
    pub fn new_customer(customer: NewCustomer) -> Self {
        Self::from_customer(Customer::New(Box::new(customer)))
    }

    /// Tags for a [new customer](Self::new_customer). A known one keeps its own.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// The referral link that the transaction is credited to, where a customer has several
    /// (`options.referral_url`).
    pub fn referral_url(mut self, url: impl Into<String>) -> Self {
        self.referral_url = Some(url.into());
        self
    }

    fn from_customer(customer: Customer) -> Self {
        Self {
            customer,
            tags: Vec::new(),
            referral_url: None,
        }
    }

    /// Adds `customer` and `options` to a body.
    ///
    /// # Errors
    ///
    /// An empty name is refused, because Partnero could record the sale without a customer.
    pub(super) fn fill(
        &self,
        body: &mut Map<String, Value>,
        program: ProgramKind,
        call: &Call,
    ) -> Result<(), Error> {
        let name = match &self.customer {
            Customer::Known(customer) => customer.field().1,
            Customer::New(customer) => customer.id(),
        };
        if name.is_empty() {
            return Err(call.invalid("a transaction needs its customer"));
        }
        let mut options = Map::new();
        let customer = match &self.customer {
            Customer::Known(customer) => json!(customer.in_program(program)),
            Customer::New(customer) => {
                // Only for a new customer: for a known one with a mistyped name it would create
                // somebody else.
                options.insert("create_customer".to_owned(), true.into());
                let mut customer = json!(customer.body(program, call)?);
                if !self.tags.is_empty() {
                    customer["tags"] = json!(self.tags);
                }
                customer
            }
        };
        body.insert("customer".to_owned(), customer);
        if let Some(url) = &self.referral_url {
            options.insert("referral_url".to_owned(), url.as_str().into());
        }
        if !options.is_empty() {
            body.insert("options".to_owned(), options.into());
        }
        Ok(())
    }
}

impl From<CustomerSelector> for Buyer {
    fn from(customer: CustomerSelector) -> Self {
        Self::known(customer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::customers::CustomerRef;
    use crate::client::partners::PartnerRef;

    fn body(buyer: &Buyer) -> Value {
        let mut body = Map::new();
        let call = Call::get("/transactions");
        buyer
            .fill(&mut body, ProgramKind::ReferAFriend, &call)
            .unwrap();
        body.into()
    }

    #[test]
    fn an_affiliate_program_knows_the_buyer_by_key() {
        let new = NewCustomer::new(7).partner(PartnerRef::key("pia"));
        for (buyer, expected) in [
            (Buyer::id(42), json!({"key": "42"})),
            (Buyer::email("e@x.example"), json!({"email": "e@x.example"})),
            (
                Buyer::new_customer(new),
                json!({"key": "7", "partner": {"key": "pia"}}),
            ),
        ] {
            let mut body = Map::new();
            let call = Call::get("/transactions");
            buyer
                .fill(&mut body, ProgramKind::Affiliate, &call)
                .unwrap();
            assert_eq!(body["customer"], expected);
        }
    }

    #[test]
    fn names_a_known_customer_in_any_of_three_ways() {
        for (buyer, expected) in [
            (Buyer::id(42), json!({"id": "42"})),
            (Buyer::key("k"), json!({"key": "k"})),
            (Buyer::email("e@x.example"), json!({"email": "e@x.example"})),
            (Buyer::known(CustomerRef::key("k")), json!({"key": "k"})),
        ] {
            assert_eq!(body(&buyer), json!({ "customer": expected }));
        }
    }

    #[test]
    fn creates_a_new_customer_on_the_way() {
        let new = NewCustomer::new(7).referring_customer(CustomerRef::key("anna-7"));
        let buyer = Buyer::new_customer(new)
            .referral_url("https://shop.example/?ref=anna-7")
            .tags(["gold"]);
        assert_eq!(
            body(&buyer),
            json!({
                "customer": {
                    "id": "7", "referring_customer": {"key": "anna-7"}, "tags": ["gold"]
                },
                "options": {
                    "create_customer": true,
                    "referral_url": "https://shop.example/?ref=anna-7"
                }
            })
        );
    }

    #[test]
    fn debug_leaves_out_who_it_is() {
        let buyer = Buyer::email("anna@shop.example");
        assert!(!format!("{buyer:?}").contains("anna"));
    }
}
