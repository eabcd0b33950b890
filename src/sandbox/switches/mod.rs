//! What nobody outside Partnero knows, or sources contradict each other about: one switch each.
//!
//! Every switch is an enum whose default is the likeliest answer. Set it with
//! [`SandboxBuilder::switch`](super::SandboxBuilder::switch), or in a running sandbox with
//! [`Sandbox::switch`](crate::Sandbox::switch). `ALL` lists the positions, for a test that has to
//! hold under each.
//!
//! Sources are named by their tags: *seed* is Partnero's first refer-a-friend guide
//! (developers.partnero.com/guide/referral), *O* the rest of developers.partnero.com, *D*
//! docs.partnero.com, *N8N* Partnero's own n8n node, *PHP* its PHP package, *WP* its `WordPress`
//! plugin; *H/n* articles of help.partnero.com; *SX*, *DW*, *BS* and *K* are apps whose source is public.
//! What bears no tag, or is marked *Assumed*, no source confirms.

mod customers;
mod money;
mod positions;
mod shapes;
mod webhooks;
mod wire;

pub use self::customers::{
    DeletedCustomer, DeletedCustomerSales, DuplicateCustomer, EmailField, KeyCase, LaterReferrer,
    PathOrder, SearchMatch, SearchMiss, UnknownReferrer, UpdateForm,
};
pub use self::money::{
    ActionField, CreditDirection, DeletePath, Overdraft, RepeatedKey, RepeatedTransaction, SalesOf,
    TransactionKeyLength, TransactionTime, UnknownBuyer, UnreferredSale,
};
pub(super) use self::positions::Switches;
pub use self::shapes::{
    CreditAnswer, CustomerShape, InviteAnswer, OtherUnits, ReferralsForm, ReferrerEcho, StatsForm,
};
pub use self::webhooks::{
    RewardedData, WebhookEnvelope, WebhookHeader, WebhookRetryTime, WebhookTime,
};
pub use self::wire::{
    CreatedStatus, DoneAnswer, EmptyObjects, EnvelopeStatus, ErrorMap, ErrorStatus, ListOrder,
    Numbers, PageLimit, PageLinks, WithoutAccept,
};

/// A question about Partnero, and the answer that the sandbox gives to it.
///
/// Implemented by every enum of this module, and by nothing else.
pub trait Switch: self::positions::Position {}

/// Declares one switch: an enum with a default and the list of its positions.
macro_rules! switch {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$position_about:meta])* $position:ident,)+ }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$position_about])* $position,)+
        }

        impl $name {
            /// Every position of this switch.
            pub const ALL: &'static [Self] = &[$(Self::$position,)+];
        }
    };
}
use switch;
