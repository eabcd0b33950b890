//! A local Partnero to develop and test against, since Partnero offers none.
//!
//! It runs inside your process, on a loopback port, and speaks HTTP/1.1 as
//! `https://api.partnero.com/v1` does according to public sources. Where sources contradict each
//! other or say nothing, there is a [switch](switches); what could go wrong on the way is ordered
//! as a [`Fault`]. Everything is kept in memory.
//!
//! # Example
//!
//! ```
//! use tower_partnero::Sandbox;
//! use tower_partnero::sandbox::switches::UnknownReferrer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder()
//!     .switch(UnknownReferrer::NotFound)
//!     .start()
//!     .await?;
//!
//! // Any client of Partnero's will do; this is a bare one.
//! let created = reqwest::Client::new()
//!     .post(format!("{}/customers", sandbox.base_url()))
//!     .bearer_auth(sandbox.api_key())
//!     .json(&serde_json::json!({ "id": "user-7", "email": "anna@shop.example" }))
//!     .send()
//!     .await?;
//! assert!(created.status().is_success());
//! assert_eq!(sandbox.customers()[0].id, "user-7");
//! # Ok(())
//! # }
//! ```

mod answer;
mod builder;
mod clock;
mod customer;
mod customers;
mod cut_body;
mod exchange;
mod fault;
mod handle;
mod input;
mod json;
mod keys;
mod limiter;
mod log;
mod money;
mod random;
mod reward;
mod routes;
mod rules;
mod server;
mod snapshot;
mod state;
mod subscriptions;
pub mod switches;
mod transactions;
mod world;

pub use self::builder::SandboxBuilder;
pub use self::fault::Fault;
pub use self::handle::Sandbox;
pub use self::limiter::{RateLimit, RetryAfter};
pub use self::log::SandboxRequest;
pub use self::reward::RewardRule;
pub use self::snapshot::{SandboxAmount, SandboxCustomer, SandboxTransaction};
