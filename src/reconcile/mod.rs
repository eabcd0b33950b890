//! Whether the app's users and Partnero's customers are the same, and have the same referrers.
//!
//! A [`Reconcile`] reads both lists and tells every [`Difference`]. It changes nothing, unless it is
//! told to [fix](Reconcile::fix): then users whom Partnero lacks are put into the outbox, and nothing
//! else is done.
//!
//! # Memory
//!
//! The app's list is read first, and hashes of its names are kept: 35 to 70 bytes for a user with an
//! identifier alone, 75 to 150 with a key and an e-mail address, and 40 more with the referrer's name
//! for a user who has a referrer. Of Partnero's list one page is held. A hash has 64 bits and a
//! secret of its own: among a million users the chance that two names share one is about one in four
//! million.
//!
//! # What it cannot see
//!
//! - Partnero's list has no fixed order or time. If customers are deleted while it is read, others may
//!   be skipped and be told as missing: the fix does them no harm. Customers who were created less than
//!   ten minutes before the start are not told as unknown.
//! - A referrer is compared if both sides name the referrer in one way, or the app's own list
//!   says which key is whose. All others are counted as [`uncompared`](Reconciled::uncompared).
//!
//! [`guide::who_was_there`](crate::guide::who_was_there) has a whole program.

mod difference;
mod error;
mod roster;
mod run;

pub use self::difference::{Difference, Reconciled};
pub use self::error::{ReconcileError, ReconcileErrorKind};
pub use self::run::Reconcile;
