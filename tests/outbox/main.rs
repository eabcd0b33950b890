//! The outbox and its worker against the sandbox: every engine, over real HTTP.

mod account;
mod arbitrary;
mod clocks;
mod database;
mod delivery;
mod enqueue;
mod faults;
mod foreign;
mod leaving;
mod locks;
mod money;
mod operator;
mod order;
mod pauses;
mod programs;
#[cfg(postgres)]
mod scripts;
mod settings;
#[cfg(postgres)]
mod silence;
#[cfg(postgres)]
mod standby;
mod standstill;
mod support;
mod switches;
