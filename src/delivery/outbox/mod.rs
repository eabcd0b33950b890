//! The table, the handle, and what an operator does with it.

mod dead_letter;
mod error;
mod handle;
mod operate;
mod status;
pub(crate) mod store;
mod transaction;
mod work;

pub use self::dead_letter::DeadLetter;
pub use self::error::{OutboxError, OutboxErrorKind};
pub use self::handle::{Enqueued, Outbox};
pub use self::status::Status;
pub(crate) use self::status::{millis, to_millis};
pub use self::transaction::OutboxTransaction;

/// How any driver enqueues: the kind, the key, the customer, the public key, the payload.
pub(crate) const INSERT: &str = "INSERT INTO partnero_outbox (kind, key, customer, public_key, payload) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, key) DO NOTHING";
