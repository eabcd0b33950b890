//! Where the position of every switch is kept.

use super::Switch;
use super::customers::{
    DeletedCustomer, DeletedCustomerSales, DuplicateCustomer, EmailField, KeyCase, LaterReferrer,
    PathOrder, SearchMatch, SearchMiss, UnknownReferrer, UpdateForm,
};
use super::money::{
    ActionField, CreditDirection, DeletePath, Overdraft, RepeatedKey, RepeatedTransaction, SalesOf,
    TransactionKeyLength, TransactionTime, UnknownBuyer, UnreferredSale,
};
use super::shapes::{
    CreditAnswer, CustomerShape, InviteAnswer, OtherUnits, ReferralsForm, ReferrerEcho, StatsForm,
};
use super::webhooks::{
    RewardedData, WebhookEnvelope, WebhookHeader, WebhookRetryTime, WebhookTime,
};
use super::wire::{
    CreatedStatus, DoneAnswer, EmptyObjects, EnvelopeStatus, ErrorMap, ErrorStatus, ListOrder,
    Numbers, PageLimit, PageLinks, WithoutAccept,
};

/// Keeps [`Switch`] to the enums of this module.
pub trait Position {
    #[doc(hidden)]
    fn put(self, switches: &mut Switches);
}

/// Names the field in which each switch is kept.
macro_rules! switches {
    ($($field:ident: $switch:ident,)+) => {
        /// The position of every switch.
        #[derive(Clone, Debug, Default)]
        pub struct Switches {
            $(pub(in crate::sandbox) $field: $switch,)+
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
    delete_path: DeletePath,
    deleted_customer: DeletedCustomer,
    deleted_customer_sales: DeletedCustomerSales,
    done_answer: DoneAnswer,
    duplicate_customer: DuplicateCustomer,
    email_field: EmailField,
    empty_objects: EmptyObjects,
    envelope_status: EnvelopeStatus,
    error_map: ErrorMap,
    error_status: ErrorStatus,
    invite_answer: InviteAnswer,
    key_case: KeyCase,
    later_referrer: LaterReferrer,
    list_order: ListOrder,
    numbers: Numbers,
    other_units: OtherUnits,
    overdraft: Overdraft,
    page_limit: PageLimit,
    page_links: PageLinks,
    path_order: PathOrder,
    referrals_form: ReferralsForm,
    referrer_echo: ReferrerEcho,
    repeated_key: RepeatedKey,
    repeated_transaction: RepeatedTransaction,
    rewarded_data: RewardedData,
    sales_of: SalesOf,
    search_match: SearchMatch,
    search_miss: SearchMiss,
    stats_form: StatsForm,
    transaction_key_length: TransactionKeyLength,
    transaction_time: TransactionTime,
    unknown_buyer: UnknownBuyer,
    unknown_referrer: UnknownReferrer,
    unreferred_sale: UnreferredSale,
    update_form: UpdateForm,
    webhook_envelope: WebhookEnvelope,
    webhook_header: WebhookHeader,
    webhook_retry_time: WebhookRetryTime,
    webhook_time: WebhookTime,
    without_accept: WithoutAccept,
}

impl Switches {
    pub(in crate::sandbox) fn set(&mut self, switch: impl Switch) {
        switch.put(self);
    }
}
