//! From a sign-up to Partnero: how a report is handed over, and what came of it.
//!
//! [`Delivery`] is what the sign-up hook hands its report to: directly to Partnero, or into an
//! `Outbox` (feature `outbox`).
#![cfg_attr(feature = "outbox", doc = "\n\n# Outbox\n")]
#![cfg_attr(feature = "outbox", doc = include_str!("outbox.md"))]

#[cfg(feature = "outbox")]
mod deliver;
mod handover;
mod ladder;
#[cfg(feature = "outbox")]
mod outbox;
mod registration;
#[cfg(feature = "outbox")]
mod report;
#[cfg(feature = "outbox")]
mod worker;

#[cfg(feature = "outbox")]
pub use self::deliver::{Attempt, DeadReason, Deliverer, DeliveryError, Receipt};
pub use self::handover::Delivery;
pub(crate) use self::handover::HandoverError;
#[cfg(feature = "outbox")]
pub use self::outbox::{
    DeadLetter, Enqueued, Outbox, OutboxError, OutboxErrorKind, OutboxTransaction, Status,
};
pub(crate) use self::registration::Reported;
pub use self::registration::{ExistingReferrer, Registration, UnreferredReason};
#[cfg(feature = "outbox")]
pub use self::report::{Credit, Refund, Report, ReportKind, Sale};
#[cfg(feature = "outbox")]
pub use self::worker::{DeliveryWorker, DeliveryWorkerBuilder, Health};
