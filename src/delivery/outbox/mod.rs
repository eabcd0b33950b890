//! The outbox: its handle, its table, and what an operator does with it.

mod clock;
mod dead_letter;
mod error;
mod forgotten;
mod handle;
mod row;
mod status;
pub(crate) mod store;
mod transaction;
#[cfg(feature = "tracing")]
mod workers;

pub(crate) use self::clock::{millis, to_millis};
pub use self::dead_letter::DeadLetter;
pub use self::error::{OutboxError, OutboxErrorKind};
pub use self::forgotten::Forgotten;
pub use self::handle::Outbox;
pub use self::row::OutboxRow;
pub(crate) use self::row::read_report;
#[cfg(fuzzing)]
pub use self::row::read_row;
pub use self::status::Status;
pub use self::transaction::{Enqueued, OutboxTransaction};
#[cfg(feature = "tracing")]
pub(crate) use self::workers::RunningWorker;
