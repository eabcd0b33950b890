//! Questions about Partnero that public sources leave open, or answer in different ways: one
//! switch for each.
//!
//! Every switch is an enum, and its default is the likeliest answer. Set a switch with
//! [`SandboxBuilder::switch`](super::SandboxBuilder::switch), in a running sandbox with
//! [`Sandbox::switch`](crate::Sandbox::switch), or by its name with
//! [`SandboxBuilder::switch_by_name`](super::SandboxBuilder::switch_by_name). The constant `ALL` of
//! each switch lists its positions, so that a test can run once under each of them.
//!
//! Tags name the sources: *seed* is Partnero's first refer-a-friend guide
//! (developers.partnero.com/guide/referral), *O* the rest of developers.partnero.com, *D*
//! docs.partnero.com, *N8N* Partnero's own n8n node, *PHP* its PHP package, *WP* its `WordPress`
//! plugin; *H/n* articles of help.partnero.com; *SX*, *DW*, *BS* and *K* are apps whose source is
//! public. No source confirms an answer that has no tag or is marked *Assumed*.

mod customers;
mod declare;
mod money;
mod partners;
mod shapes;
mod table;
mod webhooks;
mod wire;

pub use self::customers::{
    DeletedCustomer, DuplicateCustomer, EmailField, KeyCase, MissingId, NestedCustomer, PathOrder,
    SearchMatch, SearchMiss, UnknownReferrer, UpdateForm,
};
pub use self::declare::SwitchInfo;
pub use self::money::{
    ActionField, CreditDirection, DeletePath, Overdraft, PaymentCustomer, RepeatedKey,
    RepeatedTransaction, TransactionTime, UnknownBuyer, UnreferredSale,
};
pub use self::partners::{
    DecidedLead, NewPayout, PartnerEcho, PartnerShape, PayoutDetails, UnknownLead,
};
pub use self::shapes::{
    CreditAnswer, CustomerShape, InviteAnswer, OtherUnits, ReferralsForm, ReferrerEcho,
};
pub(super) use self::table::Switches;
pub use self::table::{Switch, list};
pub use self::webhooks::{
    RewardedData, WebhookEnvelope, WebhookHeader, WebhookRetryTime, WebhookTime,
};
pub use self::wire::{
    CreatedStatus, DoneAnswer, EmptyObjects, EnvelopeStatus, ErrorMap, ErrorStatus, ListOrder,
    Numbers, PageLimit, PageLinks,
};
