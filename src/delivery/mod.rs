//! From a sign-up to Partnero: how a report is handed over, and what came of it.

mod direct;
mod ladder;
mod registration;

pub use self::direct::Delivery;
pub use self::registration::{ExistingReferrer, Registered, Registration, UnreferredReason};
