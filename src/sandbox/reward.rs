//! The rule by which a sale pays the referrer.

use rust_decimal::Decimal;

use super::money::{Amount, exact};
use crate::error::ConfigError;

/// What the referrer gets for each sale of a referred customer.
///
/// Partnero's rewards are set up in its dashboard and have no API. This rule is much simpler, and
/// only makes balances change. Every sale of a referred customer pays, unless the sale was sent
/// with `rewardable: false` or `rewarded: true`. Deleting the sale takes the reward back, even if
/// the balance has been spent since. Rewards are not rounded: Partnero's own examples have rewards
/// such as 29.997.
#[derive(Clone, Debug)]
pub struct RewardRule(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Nothing,
    Share(Decimal),
    Fixed(Amount),
}

impl RewardRule {
    /// No reward for any sale.
    #[must_use]
    pub fn none() -> Self {
        Self(Kind::Nothing)
    }

    /// A share of the sale's amount in its own currency: `"10"` or `"7.5"` percent.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the text is not a number from 0 to 100.
    pub fn percent(percent: &str) -> Result<Self, ConfigError> {
        let percent =
            exact(percent).filter(|value| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(value));
        let share = percent.and_then(|value| value.checked_div(Decimal::ONE_HUNDRED));
        let share = share.ok_or_else(|| {
            ConfigError::new("percent", "write a number from 0 to 100, as in `\"7.5\"`")
        })?;
        Ok(Self(Kind::Share(share)))
    }

    /// The same amount for every sale, in major units: `("5.00", "USD")`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the amount is not a number, is negative, or is 10^18 or larger.
    pub fn fixed(amount: &str, currency: &str) -> Result<Self, ConfigError> {
        let value = exact(amount).filter(|value| !value.is_sign_negative());
        let value = value.ok_or_else(|| {
            ConfigError::new("fixed", "write an amount in major units, as in `\"5.00\"`")
        })?;
        Ok(Self(Kind::Fixed(Amount::new(value, currency, true))))
    }

    pub(super) fn of(&self, sale: &Amount) -> Option<Amount> {
        let reward = match &self.0 {
            Kind::Nothing => return None,
            Kind::Share(share) => Amount {
                // The amount is below 10^18 and the share at most 1, so the product does not
                // overflow.
                value: sale.value.checked_mul(*share)?.normalize(),
                ..sale.clone()
            },
            Kind::Fixed(amount) => amount.clone(),
        };
        // A reward of nothing is no event.
        (!reward.value.is_zero()).then_some(reward)
    }
}

/// When the friend's side of a reward is paid.
///
/// At Partnero a reward has a trigger (sale, sign-up, or an event of the app's own) and a recurrence: how
/// many rewards come from one friend, a single one or one for each sale
/// (<https://help.partnero.com/article/205-how-to-create-a-reward>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RewardTrigger {
    /// When the friend signs up. A share of nothing is nothing, so only a fixed amount pays then.
    SignUp,
    /// At the friend's first sale that pays. If that sale is deleted, the next one is the first.
    FirstSale,
    /// At each sale to the friend.
    Sale,
}

/// What the friend gets, and when.
#[derive(Clone, Debug)]
pub(super) struct FriendReward {
    pub(super) trigger: RewardTrigger,
    pub(super) rule: RewardRule,
}

impl Default for RewardRule {
    /// 10 percent.
    fn default() -> Self {
        Self(Kind::Share(Decimal::new(1, 1)))
    }
}
