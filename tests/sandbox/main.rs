//! The sandbox, over real HTTP and with a client that knows nothing of this crate.

mod balance;
mod changes;
mod customers;
mod deliveries;
mod events;
mod foreign;
mod links;
mod lists;
mod page;
#[cfg(feature = "client")]
mod payments;
mod receiver;
mod refusals;
mod sales;
mod server;
mod support;
mod transactions;
mod webhooks;
mod wire;
