//! How reports get to Partnero: directly, or through an outbox.
//!
//! [`Delivery`] says which way a sign-up goes. With the feature `outbox`, an `Outbox` keeps reports in
//! the app's database, and a `DeliveryWorker` sends them. A `Deliverer` makes one attempt, for apps that
//! have a job system of their own.
#![cfg_attr(feature = "outbox", doc = "\n\n# Outbox\n")]
#![cfg_attr(feature = "outbox", doc = include_str!("outbox.md"))]

#[cfg(feature = "outbox")]
mod deliver;
mod handover;
mod ladder;
#[cfg(feature = "outbox")]
mod outbox;
mod referrer;
mod refusal;
mod registration;
#[cfg(feature = "outbox")]
mod report;
#[cfg(feature = "outbox")]
mod worker;

#[cfg(feature = "outbox")]
pub use self::deliver::{Attempt, DeadReason, Deliverer, DeliveryError, Receipt};
pub use self::handover::Delivery;
pub(crate) use self::handover::HandoverError;
pub(crate) use self::ladder::{RegisterError, register};
#[cfg(all(fuzzing, feature = "outbox"))]
pub use self::outbox::read_row;
#[cfg(feature = "outbox")]
pub use self::outbox::{
    DeadLetter, Enqueued, Forgotten, Outbox, OutboxError, OutboxErrorKind, OutboxRow,
    OutboxTransaction, Status,
};
#[cfg(any(feature = "inviter", feature = "outbox"))]
pub(crate) use self::referrer::look_up_partner;
#[cfg(feature = "inviter")]
pub(crate) use self::referrer::{keys_to_try, look_up};
pub(crate) use self::registration::Reported;
pub use self::registration::{
    CreditedKey, ExistingReferrer, LeftOut, NotCreatedReason, Registration, UnreferredReason,
};
#[cfg(feature = "outbox")]
pub use self::report::{Credit, Deletion, Refund, Report, ReportKind, Sale};
#[cfg(feature = "outbox")]
pub use self::worker::{DeliveryWorker, DeliveryWorkerBuilder, Health};
