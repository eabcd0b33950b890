//! A PostgreSQL that is set up to forget its last commits, and crashes.
//!
//! The server is restarted by the command in `TOWER_PARTNERO_TEST_POSTGRES_RESTART`, and its settings
//! are changed meanwhile: that is why no other test runs beside these.
#![cfg(postgres_restarts)]

mod announcement;
mod server;
mod warning;
