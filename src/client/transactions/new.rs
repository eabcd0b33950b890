//! A transaction to be recorded.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value};

use super::transaction::Transaction;
use crate::client::amount::Amount;
use crate::client::call::{Call, is_segment};
use crate::client::error::Error;
use crate::client::times;

/// A transaction to be recorded, without its buyer.
///
/// ```
/// use tower_partnero::client::{Amount, NewTransaction};
///
/// let sale = NewTransaction::new("order-7", Amount::major("19.99")?)
///     .unit("USD")
///     .action("sale");
/// # Ok::<(), tower_partnero::client::InvalidAmount>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[must_use]
pub struct NewTransaction {
    key: String,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_units: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewarded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewardable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gross_amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_code: Option<String>,
    #[serde(skip)]
    created_at: Option<CreatedAt>,
}

#[derive(Clone, Copy, Debug)]
enum CreatedAt {
    Text(SystemTime),
    Unix(SystemTime),
}

impl NewTransaction {
    /// A transaction by the app's own key, such as the order's number, and its amount.
    ///
    /// Partnero does not require a key; this client does. Without a key, a transaction whose answer
    /// was lost cannot be looked up, and no transaction can be refunded.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a key is written as `order.id`, not `&order.id`"
    )]
    pub fn new(key: impl ToString, amount: Amount) -> Self {
        Self {
            key: key.to_string(),
            amount,
            amount_units: None,
            action: None,
            product_id: None,
            product_type: None,
            rewarded: None,
            rewardable: None,
            gross_amount: None,
            discount_amount: None,
            discount_code: None,
            created_at: None,
        }
    }

    /// The currency's code, or the unit. Default: the program's currency
    /// (<https://github.com/partnero/n8n-nodes-partnero>).
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.amount_units = Some(unit.into());
        self
    }

    /// What happened, as `sale`; custom rewards are triggered by it
    /// (<https://help.partnero.com/article/205>). Older documentation has it required.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// The product, for rules about rewards.
    pub fn product_id(mut self, id: impl Into<String>) -> Self {
        self.product_id = Some(id.into());
        self
    }

    /// The kind of product, for rules about rewards.
    pub fn product_type(mut self, kind: impl Into<String>) -> Self {
        self.product_type = Some(kind.into());
        self
    }

    /// Whether it counts as rewarded already. Partnero's default: false.
    pub fn rewarded(mut self, rewarded: bool) -> Self {
        self.rewarded = Some(rewarded);
        self
    }

    /// Whether it may be rewarded. Partnero's default: true.
    pub fn rewardable(mut self, rewardable: bool) -> Self {
        self.rewardable = Some(rewardable);
        self
    }

    /// The amount before discounts (<https://github.com/partnero/n8n-nodes-partnero>).
    pub fn gross_amount(mut self, amount: Amount) -> Self {
        self.gross_amount = Some(amount);
        self
    }

    /// How much was taken off (<https://github.com/partnero/n8n-nodes-partnero>).
    pub fn discount_amount(mut self, amount: Amount) -> Self {
        self.discount_amount = Some(amount);
        self
    }

    /// The discount's code (<https://github.com/partnero/n8n-nodes-partnero>).
    pub fn discount_code(mut self, code: impl Into<String>) -> Self {
        self.discount_code = Some(code.into());
        self
    }

    /// When it happened, sent as a date-time text, as Partnero's own n8n node does
    /// (<https://github.com/partnero/n8n-nodes-partnero>). A time before 1970 is refused when the
    /// transaction is sent.
    pub fn created_at(mut self, time: SystemTime) -> Self {
        self.created_at = Some(CreatedAt::Text(time));
        self
    }

    /// When it happened, sent as whole seconds since 1970, as Partnero's documentation has it
    /// (<https://docs.partnero.com/api-reference/transactions/create>). A time before 1970 is
    /// refused when the transaction is sent.
    pub fn created_at_unix(mut self, time: SystemTime) -> Self {
        self.created_at = Some(CreatedAt::Unix(time));
        self
    }

    /// Whether an answer is about this transaction, by its key.
    pub(super) fn is_named(&self, answered: &Transaction) -> bool {
        answered.key.as_ref() == Some(&self.key)
    }

    /// The fields of this transaction in a body.
    pub(super) fn fields(&self, call: &Call) -> Result<Map<String, Value>, Error> {
        if !is_segment(&self.key) {
            return Err(call.invalid("a transaction needs a key that is not empty, `.` or `..`"));
        }
        let mut fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => Map::new(),
            Err(error) => {
                return Err(call
                    .invalid("the transaction is no JSON")
                    .with_source(error));
            }
        };
        // The sources differ: a number of seconds (docs.partnero.com), or a text (Partnero's n8n
        // node). The caller chose.
        let created_at: Option<Value> = match self.created_at {
            None => return Ok(fields),
            Some(CreatedAt::Text(time)) => times::text(time).map(Into::into),
            Some(CreatedAt::Unix(time)) => times::unix(time).map(Into::into),
        };
        let created_at =
            created_at.ok_or_else(|| call.invalid("a transaction is from 1970 or later"))?;
        fields.insert("created_at".to_owned(), created_at);
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::kind::ErrorKind;
    use serde_json::json;
    use std::time::{Duration, UNIX_EPOCH};

    fn fields(new: &NewTransaction) -> Result<Value, Error> {
        new.fields(&Call::get("/transactions")).map(Value::Object)
    }

    fn amount(text: &str) -> Amount {
        Amount::major(text).unwrap()
    }

    #[test]
    fn only_what_was_set_goes_out_and_amounts_are_numbers() {
        let bare = NewTransaction::new(7, amount("19.99"));
        assert_eq!(fields(&bare).unwrap(), json!({"key": "7", "amount": 19.99}));
        let time = UNIX_EPOCH + Duration::from_secs(1_746_812_533);
        let full = bare
            .unit("USD")
            .action("sale")
            .product_id("p")
            .product_type("t")
            .rewarded(false)
            .rewardable(true)
            .gross_amount(amount("25"))
            .discount_amount(amount("5.01"))
            .discount_code("MAY")
            .created_at(time);
        assert_eq!(
            fields(&full).unwrap(),
            json!({
                "key": "7", "amount": 19.99, "amount_units": "USD", "action": "sale",
                "product_id": "p", "product_type": "t", "rewarded": false, "rewardable": true,
                "gross_amount": 25, "discount_amount": 5.01, "discount_code": "MAY",
                "created_at": "2025-05-09T17:42:13.000000Z"
            })
        );
        let unix = fields(&full.created_at_unix(time)).unwrap();
        assert_eq!(unix["created_at"], json!(1_746_812_533));
    }

    #[test]
    fn what_could_not_be_found_again_is_refused() {
        let early = UNIX_EPOCH - Duration::from_secs(1);
        for new in [
            NewTransaction::new("", Amount::ZERO),
            NewTransaction::new(7, Amount::ZERO).created_at(early),
            NewTransaction::new(7, Amount::ZERO).created_at_unix(early),
        ] {
            assert_eq!(fields(&new).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}
