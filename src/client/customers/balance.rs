//! What a customer has earned.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::customer::Customer;
use crate::client::amount::Amount;
use crate::client::fields::Fields;
use crate::client::money::Money;
use crate::referral::ProgramKind;

/// A customer's balance, which may be in several units.
#[derive(Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Balance {
    /// The customer whose balance this is, if the answer names it.
    pub customer: Option<Customer>,
    /// The amounts, in Partnero's groups. Empty where there is nothing.
    pub groups: Vec<BalanceGroup>,
    /// The whole object, as Partnero sent it.
    #[serde(skip)]
    pub raw: Fields,
}

/// The part of a balance that Partnero keeps under one name.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BalanceGroup {
    /// The group's name. `currency` is the only one that the documentation shows.
    pub name: String,
    /// The amounts in it.
    pub amounts: Vec<Money>,
    /// The group, as Partnero sent it.
    #[serde(skip)]
    pub raw: Value,
}

impl Balance {
    /// Every amount of every group.
    pub fn amounts(&self) -> impl Iterator<Item = &Money> {
        self.groups.iter().flat_map(|group| &group.amounts)
    }

    /// The amount in one unit, in upper or lower case; `None` if the balance does not name the unit.
    #[must_use]
    pub fn of(&self, unit: &str) -> Option<Amount> {
        let is_it = |money: &&Money| {
            let name = money.unit.as_deref();
            // The sources have `USD` as well as `usd`.
            name.is_some_and(|name| name.eq_ignore_ascii_case(unit))
        };
        self.amounts().find(is_it).map(|money| money.amount)
    }

    /// Reads the answers of a program of this kind.
    pub(super) fn reader(program: ProgramKind) -> fn(Value) -> Option<Self> {
        match program {
            ProgramKind::ReferAFriend => {
                |value| Self::read(value, Customer::reader(ProgramKind::ReferAFriend))
            }
            ProgramKind::Affiliate => {
                |value| Self::read(value, Customer::reader(ProgramKind::Affiliate))
            }
        }
    }

    fn read(value: Value, customer: fn(Value) -> Option<Customer>) -> Option<Self> {
        let Value::Object(raw) = value else {
            return None;
        };
        let groups = match raw.get("balance") {
            Some(Value::Object(groups)) => groups
                .iter()
                .map(|(name, group)| BalanceGroup::read(name, group))
                .collect(),
            // PHP writes an empty balance as `[]`. A filled list would be a group without a name.
            Some(group @ Value::Array(items)) if !items.is_empty() => {
                vec![BalanceGroup::read("", group)]
            }
            _ => Vec::new(),
        };
        Some(Self {
            customer: raw.get("customer").cloned().and_then(customer),
            groups,
            raw,
        })
    }
}

impl BalanceGroup {
    fn read(name: &str, raw: &Value) -> Self {
        let items = match raw {
            Value::Array(items) => items.as_slice(),
            // A group that holds one amount alone may stand for that amount.
            other => std::slice::from_ref(other),
        };
        Self {
            name: name.to_owned(),
            amounts: items
                .iter()
                .filter_map(Value::as_object)
                .filter_map(Money::from_fields)
                .collect(),
            raw: raw.clone(),
        }
    }
}

impl fmt::Debug for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Balance")
            .field("customer", &self.customer)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BalanceGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BalanceGroup")
            .field("name", &self.name)
            .field("amounts", &self.amounts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::fields::is_empty;
    use serde_json::json;

    fn balance(value: &Value) -> Balance {
        let read = Balance::reader(ProgramKind::ReferAFriend);
        read(json!({"customer": {"key": "k"}, "balance": value})).unwrap()
    }

    #[test]
    fn an_empty_balance_is_an_empty_list() {
        for empty in [json!([]), json!({}), json!(null)] {
            let balance = balance(&empty);
            assert!(balance.groups.is_empty() && is_empty(&balance.raw["balance"]));
            assert_eq!(balance.customer.unwrap().key.as_deref(), Some("k"));
        }
    }

    #[test]
    fn currencies_and_units_of_the_program_stand_side_by_side() {
        let balance = balance(&json!({
            "currency": [{"amount": 3, "amount_units": "USD", "is_currency": true}],
            "points": {"amount": "150", "amount_units": "points", "is_currency": false},
            "coupons": ["ten-percent"]
        }));
        assert_eq!(balance.of("usd"), Some(Amount::minor(3, 0).unwrap()));
        assert_eq!(balance.of("points"), Some(Amount::minor(150, 0).unwrap()));
        assert_eq!(balance.of("EUR"), None);
        assert_eq!(balance.amounts().count(), 2);
        let coupons = balance.groups.iter().find(|group| group.name == "coupons");
        assert_eq!(coupons.unwrap().raw, json!(["ten-percent"]));
    }

    #[test]
    fn a_group_without_a_name_is_not_lost() {
        let balance = balance(&json!([{"amount": 3, "amount_units": "USD"}]));
        assert_eq!(balance.groups[0].name, "");
        assert_eq!(balance.of("USD"), Some(Amount::minor(3, 0).unwrap()));
    }
}
