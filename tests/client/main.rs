//! The client: every method and every fault over real HTTP against the sandbox, and every shape
//! of an answer that the documentation shows.

mod bounds;
mod changes;
mod customers;
mod doubt;
mod errors;
#[cfg(feature = "gzip")]
mod gzip;
mod layers;
mod limits;
mod lists;
mod partners_money;
mod profile;
mod proxy;
mod request;
mod retry;
mod script;
mod secrets;
mod shapes;
mod support;
mod transactions;
mod webhooks;
