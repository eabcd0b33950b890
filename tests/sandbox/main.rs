//! The sandbox, over real HTTP and with a client that knows nothing of this crate.

mod customers;
mod server;
mod support;
