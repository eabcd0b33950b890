//! The client: every method and every fault over real HTTP against the sandbox, and every shape
//! of an answer that the documentation shows.

mod changes;
mod customers;
mod doubt;
mod errors;
#[cfg(feature = "gzip")]
mod gzip;
mod lists;
mod profile;
mod request;
mod retry;
mod secrets;
mod shapes;
mod support;
mod transactions;
mod webhooks;
