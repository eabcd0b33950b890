//! A customer to be created.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::reference::CustomerRef;
use crate::client::call::Call;
use crate::client::error::Error;
use crate::client::partners::PartnerRef;
use crate::referral::{ProgramKind, ReferralKey};

/// A customer to be created.
///
/// ```
/// use tower_partnero::client::{CustomerRef, NewCustomer};
///
/// let customer = NewCustomer::new(42)
///     .email("ben@shop.example")
///     .name("Ben")
///     .referring_customer(CustomerRef::key("anna-7"));
/// assert_eq!(customer.id(), "42");
/// ```
///
/// White space around a text is dropped, and an empty text is left out. A customer without an `id`,
/// as serde reads it from an object that has none, is refused when it is sent. `Debug` leaves out
/// name, e-mail address and date of birth.
#[derive(Clone, Deserialize, Serialize)]
#[must_use]
pub struct NewCustomer {
    /// Empty where the outbox keeps the identifier beside the rest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    id: String,
    #[serde(
        default,
        deserialize_with = "text_of",
        skip_serializing_if = "Option::is_none"
    )]
    key: Option<String>,
    #[serde(
        default,
        deserialize_with = "text_of",
        skip_serializing_if = "Option::is_none"
    )]
    email: Option<String>,
    #[serde(
        default,
        deserialize_with = "text_of",
        skip_serializing_if = "Option::is_none"
    )]
    name: Option<String>,
    #[serde(
        default,
        deserialize_with = "text_of",
        skip_serializing_if = "Option::is_none"
    )]
    surname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referring_customer: Option<CustomerRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partner: Option<PartnerRef>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    runners_up: Vec<ReferralKey>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_known_email: bool,
}

/// A text without the white space around it; `None` if nothing is left.
fn text(text: impl Into<String>) -> Option<String> {
    let text = text.into();
    match text.trim() {
        "" => None,
        // Kept as it is, without a copy, as nearly every text is.
        trimmed if trimmed.len() == text.len() => Some(text),
        trimmed => Some(trimmed.to_owned()),
    }
}

fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(text))
}

#[derive(Clone, Deserialize, Serialize)]
struct Metadata {
    date_of_birth: String,
}

impl NewCustomer {
    /// A customer by the app's own identifier, which Partnero keeps private and unique: the
    /// account's id, a number as well as a text (<https://developers.partnero.com/guide/referral>).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an id is written as `user.id`, not `&user.id`"
    )]
    pub fn new(id: impl ToString) -> Self {
        Self {
            id: id.to_string(),
            key: None,
            email: None,
            name: None,
            surname: None,
            metadata: None,
            referring_customer: None,
            partner: None,
            runners_up: Vec::new(),
            without_known_email: false,
        }
    }

    /// The public key in the customer's referral link; unique. Without one, Partnero chooses a key. In
    /// affiliate programs customers have no links, and this key is not sent.
    ///
    /// Everybody who gets the link sees the key: never use an e-mail address.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = text(key);
        self
    }

    /// The e-mail address; unique. Sources disagree on whether it is required.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = text(email);
        self
    }

    /// The first name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = text(name);
        self
    }

    /// The last name.
    pub fn surname(mut self, surname: impl Into<String>) -> Self {
        self.surname = text(surname);
        self
    }

    /// The date of birth, as `YYYY-MM-DD`
    /// (<https://docs.partnero.com/api-reference/refer-a-friend/customers>). Not sent to affiliate
    /// programs.
    pub fn date_of_birth(mut self, date: impl Into<String>) -> Self {
        self.metadata = text(date).map(|date_of_birth| Metadata { date_of_birth });
        self
    }

    /// Who referred the customer. The sign-up hook fills this in, unless it is set here.
    pub fn referring_customer(mut self, customer: impl Into<CustomerRef>) -> Self {
        self.referring_customer = Some(customer.into());
        self
    }

    /// The partner who brought the customer, in an affiliate program. The sign-up hook of an affiliate
    /// policy fills this in, unless it is set here.
    pub fn partner(mut self, partner: impl Into<PartnerRef>) -> Self {
        self.partner = Some(partner.into());
        self
    }

    /// The keys that are tried, one after the other, if Partnero does not know the referring
    /// customer or the partner: up to three, the likeliest first. They do not go to Partnero
    /// together with the customer. The sign-up hook fills them in from
    /// [`ReferralContext::runners_up`](crate::ReferralContext::runners_up) when it fills in the
    /// referring customer or the partner.
    pub fn runners_up(mut self, keys: impl IntoIterator<Item = ReferralKey>) -> Self {
        self.runners_up = keys.into_iter().collect();
        self
    }

    /// Whether the customer is created without the e-mail address if Partnero has the address under
    /// another customer already. Default: no, the report then fails and names that customer. It does
    /// not go to Partnero.
    /// [`Signups::without_known_email`](crate::Signups::without_known_email) sets it for all
    /// sign-ups.
    pub fn without_known_email(mut self, without: bool) -> Self {
        self.without_known_email = without;
        self
    }

    /// The app's own identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same customer under another identifier.
    #[cfg(feature = "outbox")]
    pub(crate) fn with_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    pub(crate) fn public_key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(crate) fn email_address(&self) -> Option<&str> {
        self.email.as_deref()
    }

    pub(crate) fn referrer(&self) -> Option<&CustomerRef> {
        self.referring_customer.as_ref()
    }

    pub(crate) fn bringing_partner(&self) -> Option<&PartnerRef> {
        self.partner.as_ref()
    }

    pub(crate) fn other_referrers(&self) -> &[ReferralKey] {
        &self.runners_up
    }

    pub(crate) fn goes_without_known_email(&self) -> bool {
        self.without_known_email
    }

    /// The same customer with this referrer alone.
    pub(crate) fn referred_by(&self, referrer: Option<CustomerRef>) -> Self {
        Self {
            referring_customer: referrer,
            partner: None,
            runners_up: Vec::new(),
            ..self.clone()
        }
    }

    /// The same customer with this partner alone.
    pub(crate) fn brought_by(&self, partner: PartnerRef) -> Self {
        Self {
            partner: Some(partner),
            ..self.referred_by(None)
        }
    }

    /// Leaves out an optional field. The answer says whether the customer had it.
    pub(crate) fn leave_out(&mut self, field: &str) -> bool {
        match field {
            "email" => self.email.take().is_some(),
            "key" => self.key.take().is_some(),
            "name" => self.name.take().is_some(),
            "surname" => self.surname.take().is_some(),
            "date_of_birth" => self.metadata.take().is_some(),
            _ => false,
        }
    }

    /// What a program of this kind gets.
    ///
    /// # Errors
    ///
    /// The customer is of the other kind of program.
    pub(in crate::client) fn body(
        &self,
        program: ProgramKind,
        call: &Call,
    ) -> Result<Map<String, Value>, Error> {
        // Refused here, because Partnero ignores unknown fields: the customer would be created
        // without the one who brought them.
        let refusal = match program {
            ProgramKind::ReferAFriend => self.partner.is_some().then_some(
                "partners bring customers in affiliate programs alone: build the client with \
                 `.affiliate()`, or write `.referring_customer(…)`",
            ),
            ProgramKind::Affiliate if self.referring_customer.is_some() => {
                Some("in an affiliate program partners bring the customers: write `.partner(…)`")
            }
            ProgramKind::Affiliate => self
                .partner
                .is_none()
                .then_some("an affiliate program takes no customer without a partner"),
        };
        if let Some(refusal) = refusal {
            return Err(call.invalid(refusal));
        }
        // The same form as the outbox keeps, so that a field cannot be in the one and missing in
        // the other.
        let Value::Object(mut body) = json!(self) else {
            return Ok(Map::new());
        };
        // The outbox keeps these two in the row; Partnero does not know them.
        for for_the_ladder in ["runners_up", "without_known_email"] {
            body.remove(for_the_ladder);
        }
        if program == ProgramKind::Affiliate {
            body.remove("metadata");
            // There the app's identifier is called `key`, and no `id` is documented.
            if let Some(id) = body.remove("id") {
                body.insert("key".to_owned(), id);
            }
        }
        Ok(body)
    }
}

impl fmt::Debug for NewCustomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCustomer")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("referring_customer", &self.referring_customer)
            .field("partner", &self.partner)
            .field("runners_up", &self.runners_up)
            // Without the person's name, address and date of birth: a handler may log this.
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_set_goes_out() {
        let bare = serde_json::to_value(NewCustomer::new("42")).unwrap();
        assert_eq!(bare, json!({"id": "42"}));
        let full = NewCustomer::new(7)
            .key("k")
            .email("e@x.example")
            .name("N")
            .surname("S")
            .date_of_birth("1990-01-31")
            .referring_customer(CustomerRef::id("3"));
        assert_eq!(
            serde_json::to_value(full).unwrap(),
            json!({
                "id": "7", "key": "k", "email": "e@x.example", "name": "N", "surname": "S",
                "metadata": {"date_of_birth": "1990-01-31"}, "referring_customer": {"id": "3"}
            })
        );
    }

    #[test]
    fn white_space_and_empty_fields_are_left_out() {
        let customer = NewCustomer::new(2)
            .email(" Ben@Shop.Example\n")
            .key("")
            .name(" \t")
            .surname("de Vries ")
            .date_of_birth("");
        let written = json!({"id": "2", "email": "Ben@Shop.Example", "surname": "de Vries"});
        assert_eq!(serde_json::to_value(customer).unwrap(), written);
        let read = json!({"id": "2", "email": " Ben@Shop.Example", "key": " ", "name": null,
            "surname": "de Vries"});
        let read: NewCustomer = serde_json::from_value(read).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), written);
    }

    #[test]
    fn what_is_for_the_ladder_alone_does_not_go_to_partnero() {
        let customer = NewCustomer::new(2)
            .referring_customer(CustomerRef::key("a"))
            .runners_up(["b".parse().unwrap()])
            .without_known_email(true);
        let kept = serde_json::to_value(&customer).unwrap();
        assert_eq!(kept["runners_up"], json!(["b"]));
        assert_eq!(
            body(&customer, ProgramKind::ReferAFriend).unwrap(),
            json!({"id": "2", "referring_customer": {"key": "a"}})
        );
    }

    fn body(customer: &NewCustomer, program: ProgramKind) -> Result<Value, Error> {
        let body = customer.body(program, &Call::get("/customers"));
        body.map(Value::Object)
    }

    #[test]
    fn an_affiliate_program_gets_the_identifier_as_key_and_the_partner() {
        let customer = NewCustomer::new(2)
            .key("not-sent")
            .date_of_birth("1990-01-31")
            .email("e@x.example")
            .partner(PartnerRef::key("pia"))
            .runners_up(["b".parse().unwrap()]);
        assert_eq!(
            body(&customer, ProgramKind::Affiliate).unwrap(),
            json!({"key": "2", "email": "e@x.example", "partner": {"key": "pia"}})
        );
        let kept = serde_json::to_value(&customer).unwrap();
        let read: NewCustomer = serde_json::from_value(kept).unwrap();
        assert_eq!(read.bringing_partner(), Some(&PartnerRef::key("pia")));
    }

    #[test]
    fn a_customer_of_the_other_kind_of_program_is_refused() {
        let referred = NewCustomer::new(2).referring_customer(CustomerRef::key("a"));
        let brought = NewCustomer::new(2).partner(PartnerRef::email("p@x.example"));
        for (customer, program, advice) in [
            (&referred, ProgramKind::Affiliate, "write `.partner(…)`"),
            (
                &NewCustomer::new(2),
                ProgramKind::Affiliate,
                "without a partner",
            ),
            (&brought, ProgramKind::ReferAFriend, "`.affiliate()`"),
        ] {
            let error = body(customer, program).unwrap_err();
            assert!(error.to_string().contains(advice), "{error}");
        }
    }

    #[test]
    fn debug_leaves_out_who_it_is() {
        let customer = NewCustomer::new(1).name("Anna").email("anna@shop.example");
        assert!(!format!("{customer:?}").to_lowercase().contains("anna"));
    }
}
