//! Where the position of every switch is kept.

use super::customers::{
    DeletedCustomer, DuplicateCustomer, EmailField, KeyCase, MissingId, NestedCustomer, PathOrder,
    SearchMatch, SearchMiss, UnknownReferrer, UpdateForm,
};
use super::declare::SwitchInfo;
use super::money::{
    ActionField, CreditDirection, DeletePath, Overdraft, PaymentCustomer, RepeatedKey,
    RepeatedTransaction, TransactionTime, UnknownBuyer, UnreferredSale,
};
use super::partners::{
    DecidedLead, NewPayout, PartnerEcho, PartnerShape, PayoutDetails, UnknownLead,
};
use super::shapes::{
    CreditAnswer, CustomerShape, InviteAnswer, OtherUnits, ReferralsForm, ReferrerEcho,
};
use super::webhooks::{
    RewardedData, WebhookEnvelope, WebhookHeader, WebhookRetryTime, WebhookTime,
};
use super::wire::{
    CreatedStatus, DoneAnswer, EmptyObjects, EnvelopeStatus, ErrorMap, ErrorStatus, ListOrder,
    Numbers, PageLimit, PageLinks,
};
use crate::error::ConfigError;

/// A question about Partnero, and the answer that the sandbox gives to it.
///
/// Every enum of this module implements this trait, and nothing else can.
pub trait Switch: Position {}

/// Sets a switch among all others. This module is private, so no other crate can name this trait
/// and make a switch of a type of its own.
pub trait Position {
    #[doc(hidden)]
    fn put(self, switches: &mut Switches);
}

/// Names the field in which the position of each switch is kept.
macro_rules! switches {
    ($($field:ident: $switch:ident,)+) => {
        /// The position of every switch.
        #[derive(Clone, Debug, Default)]
        pub struct Switches {
            $(pub(in crate::sandbox) $field: $switch,)+
        }

        /// The names of all switches and of their positions: for a command line or a settings
        /// page.
        #[must_use]
        pub fn list() -> Vec<SwitchInfo> {
            vec![$($switch::INFO,)+]
        }

        impl Switches {
            pub(in crate::sandbox) fn set(&mut self, switch: impl Switch) {
                switch.put(self);
            }

            /// Sets a switch by the names of the switch and of the position. Upper and lower case,
            /// `-` and `_` do not matter: `UnknownReferrer` is also `unknown-referrer`.
            ///
            /// # Errors
            ///
            /// [`ConfigError`] lists the names that there are.
            pub(in crate::sandbox) fn set_by_name(
                &mut self,
                switch: &str,
                position: &str,
            ) -> Result<(), ConfigError> {
                $(
                    if is_same_name($switch::INFO.name, switch) {
                        let mut named = $switch::ALL.iter().zip($switch::INFO.positions);
                        let found = named.find(|(_, name)| is_same_name(name, position));
                        let (position, _) = found.ok_or_else(|| {
                            unknown_name(position, $switch::INFO.positions.iter().copied())
                        })?;
                        self.$field = *position;
                        return Ok(());
                    }
                )+
                Err(unknown_name(switch, list().into_iter().map(|info| info.name)))
            }
        }

        $(
            impl Switch for $switch {}

            impl Position for $switch {
                fn put(self, switches: &mut Switches) {
                    switches.$field = self;
                }
            }
        )+
    };
}

switches! {
    action_field: ActionField,
    created_status: CreatedStatus,
    credit_answer: CreditAnswer,
    credit_direction: CreditDirection,
    customer_shape: CustomerShape,
    decided_lead: DecidedLead,
    delete_path: DeletePath,
    deleted_customer: DeletedCustomer,
    done_answer: DoneAnswer,
    duplicate_customer: DuplicateCustomer,
    email_field: EmailField,
    empty_objects: EmptyObjects,
    envelope_status: EnvelopeStatus,
    error_map: ErrorMap,
    error_status: ErrorStatus,
    invite_answer: InviteAnswer,
    key_case: KeyCase,
    list_order: ListOrder,
    missing_id: MissingId,
    nested_customer: NestedCustomer,
    new_payout: NewPayout,
    numbers: Numbers,
    other_units: OtherUnits,
    overdraft: Overdraft,
    page_limit: PageLimit,
    page_links: PageLinks,
    partner_echo: PartnerEcho,
    partner_shape: PartnerShape,
    path_order: PathOrder,
    payment_customer: PaymentCustomer,
    payout_details: PayoutDetails,
    referrals_form: ReferralsForm,
    referrer_echo: ReferrerEcho,
    repeated_key: RepeatedKey,
    repeated_transaction: RepeatedTransaction,
    rewarded_data: RewardedData,
    search_match: SearchMatch,
    search_miss: SearchMiss,
    transaction_time: TransactionTime,
    unknown_buyer: UnknownBuyer,
    unknown_lead: UnknownLead,
    unknown_referrer: UnknownReferrer,
    unreferred_sale: UnreferredSale,
    update_form: UpdateForm,
    webhook_envelope: WebhookEnvelope,
    webhook_header: WebhookHeader,
    webhook_retry_time: WebhookRetryTime,
    webhook_time: WebhookTime,
}

fn is_same_name(name: &str, given: &str) -> bool {
    let letters = given.chars().filter(|c| !matches!(c, '-' | '_'));
    let letters: String = letters.collect();
    letters.eq_ignore_ascii_case(name)
}

fn unknown_name(given: &str, names: impl Iterator<Item = &'static str>) -> ConfigError {
    let names: Vec<_> = names.collect();
    let advice = format!("{given:?} is not known, write one of {}", names.join(", "));
    ConfigError::new("switch_by_name", advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_position_of_each_switch_is_its_default() {
        let defaults = format!("{:?}", Switches::default());
        for info in list() {
            let mut switches = Switches::default();
            switches
                .set_by_name(info.name, info.positions[0])
                .expect("the names are those of the list");
            assert_eq!(format!("{switches:?}"), defaults, "{}", info.name);
            switches
                .set_by_name(info.name, info.positions[1])
                .expect("the names are those of the list");
            assert_ne!(format!("{switches:?}"), defaults, "{}", info.name);
        }
    }
}
