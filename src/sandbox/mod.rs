//! A local Partnero to develop and test against, since Partnero offers none.
//!
//! It runs inside your process, on a loopback port, and speaks HTTP/1.1 as
//! `https://api.partnero.com/v1` does for a refer-a-friend program according to public sources.
//! Nothing here was tried against Partnero itself. Where sources contradict each other or say
//! nothing, there is a [switch](switches), whose default is the likeliest answer; what can go
//! wrong on the way is ordered as a [`Fault`]. Everything is kept in memory, and a browser finds
//! it at `http://127.0.0.1:<port>/`. As a program: `cargo run --example sandbox -- --port 4010`.
//!
//! # Example
//!
//! ```
//! use http::Method;
//! use serde_json::json;
//! use tower_partnero::Sandbox;
//! use tower_partnero::sandbox::{Fault, switches::UnknownReferrer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder()
//!     .switch(UnknownReferrer::NotFound)
//!     .start()
//!     .await?;
//! sandbox.inject(Fault::status(503).on(Method::POST, "/v1/customers").times(1));
//!
//! // Any client of Partnero's will do; this is a bare one.
//! let http = reqwest::Client::new();
//! let sign_up = || {
//!     http.post(format!("{}/customers", sandbox.base_url()))
//!         .bearer_auth(sandbox.api_key())
//!         .json(&json!({ "id": "user-7", "email": "anna@shop.example" }))
//!         .send()
//! };
//! assert_eq!(sign_up().await?.status(), 503);
//! assert_eq!(sign_up().await?.status(), 200);
//! assert_eq!(sandbox.customers()[0].id, "user-7");
//! assert_eq!(sandbox.requests().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Under an app
//!
//! Give the app's client the sandbox's key and address, and make somebody whose link can be
//! followed: a new sandbox knows nobody. For `cargo run`, the feature belongs into the app's
//! `[dependencies]`; in `[dev-dependencies]` it is for tests and examples.
//!
//! ```
//! # #[cfg(not(feature = "client"))]
//! # fn main() {}
//! # #[cfg(feature = "client")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tower_partnero::{ApiKey, Client, NewCustomer, Sandbox};
//!
//! let sandbox = Sandbox::builder().link_base("http://localhost:3000/").start().await?;
//! let client = Client::builder(ApiKey::new(sandbox.api_key())?)
//!     .base_url(sandbox.base_url())
//!     .build()?;
//! let anna = NewCustomer::new("anna").key("anna-7");
//! let anna = client.customers().create(&anna).await?;
//! assert_eq!(anna.referral_link.as_deref(), Some("http://localhost:3000/?ref=anna-7"));
//! # Ok(())
//! # }
//! ```
//!
//! # What it answers
//!
//! The tags of the sources are explained in [`switches`]. Texts of errors are ours throughout.
//!
//! | Endpoint | Behaviour | Source |
//! |---|---|---|
//! | all | bearer token, else 401; `{"data": …, "status": 1}` | D, O; [`EnvelopeStatus`], [`Numbers`], [`EmptyObjects`] |
//! | all failures | `message`, and `errors` by field in a 422 | D, PHP; [`ErrorMap`], [`ErrorStatus`], [`WithoutAccept`] |
//! | all lists | `limit`, `page`, `sort`; `links` and `meta` without totals | D, N8N; [`PageLimit`], [`PageLinks`], [`ListOrder`] |
//! | `POST /customers` | unique id, key, e-mail; random id and key if absent; `referring_customer` by id before key | seed, O, D; [`DuplicateCustomer`], [`UnknownReferrer`], [`EmailField`], [`KeyCase`], [`CreatedStatus`], [`CustomerShape`], [`ReferrerEcho`] |
//! | `GET /customers/{id}` | by id, key or e-mail address; 404 | N8N; [`PathOrder`] |
//! | `GET /customers` | filter `refer_status` | O, D |
//! | `GET /customers:search` | by `email`, `key` or `id` | N8N, PHP; [`SearchMatch`], [`SearchMiss`] |
//! | `PUT /customers/{id}`, `PUT /customers` | e-mail, names, key, tags | D, N8N, PHP; [`UpdateForm`], [`LaterReferrer`] |
//! | `DELETE /customers/{id}` | with its transactions | PHP, N8N; [`DoneAnswer`], [`DeletedCustomer`], [`DeletedCustomerSales`] |
//! | `POST /customers/{id}/archive`, `…/revoke-archive` | 400 if it is so already, no other effect | N8N; effect and 400 assumed |
//! | `POST /customers:invite` | makes a customer; no e-mail is sent | PHP; effect assumed, [`InviteAnswer`] |
//! | `GET /customers/{id}/referrals` | those it brought | seed, PHP; [`ReferralsForm`] |
//! | `GET /customers/{id}/stats` | counts; `clicks` is always 0 | PHP; shape guessed, [`StatsForm`] |
//! | `GET /customers/{id}/transactions` | a list | N8N; [`SalesOf`] |
//! | `GET /customers/{id}/referral_links` | the default link first; id and key of a link are the same | O |
//! | `/customer_referral_links` | create, read, change, delete, `:search` | O, PHP; what can be changed, and that the default link stays, assumed |
//! | `GET /customers/{id}/balance` | `[]` when empty, else `{"currency": […]}` | seed, O; [`OtherUnits`] |
//! | `POST /customers/{id}/balance/credit` | spends the balance; counts each time | seed, O; [`CreditDirection`], [`Overdraft`], [`CreditAnswer`] |
//! | `POST /transactions` | one, a batch, or with its customer; keys are **not** unique | D, O, N8N; [`RepeatedTransaction`], [`UnreferredSale`], [`UnknownBuyer`], [`ActionField`], [`TransactionKeyLength`], [`TransactionTime`] |
//! | `GET /transactions`, `GET /transactions/{key}` | by `key`, by the buyer's key | D, N8N, O; [`RepeatedKey`] |
//! | `DELETE /transactions/{key}`, `DELETE /transactions` | takes the reward back | D, WP; [`RepeatedKey`], [`DeletePath`] |
//! | `/webhooks` | create, list, read, change, delete; the `signature` in every answer; foreign events refused | D, O, N8N |
//! | `GET /test` | `data.program.pub_id` | WP, N8N, PHP |
//! | `GET /program/overview` | the program's settings | WP, for affiliate programs; values ours |
//!
//! # What it sends
//!
//! To the subscriptions that are active and name the event, over plain http and to loopback alone:
//! no event that was made up leaves this machine. Signed by the subscription's `signature`, tried
//! again until the answer is a 2xx, twice and out of order on demand: see [`WebhookDelivery`].
//!
//! | Event | When | Source |
//! |---|---|---|
//! | all | in an envelope, with a signature | D, N8N; [`WebhookEnvelope`], [`WebhookHeader`], [`WebhookTime`], [`WebhookRetryTime`] |
//! | `customer.created`, `.updated`, `.deleted` | a customer was made, also by an invitation or with a sale; changed; deleted | N8N; data inferred |
//! | `transaction.created`, `.deleted` | a sale was recorded; deleted, also with its buyer | N8N; data inferred |
//! | `customer.rewarded` | a sale paid the referrer | N8N; when it comes, assumed; [`RewardedData`] |
//! | `customer.credited` | the balance was credited | N8N; when it comes, assumed; [`RewardedData`] |
//!
//! # In the browser
//!
//! [`Sandbox::snippet`] is the tag of a page under test. It loads a stand-in for Partnero's script,
//! which takes the calls that waited in the queue `po` and all later ones, loads the program's
//! settings as a second script, and hands each call to [`Sandbox::script_calls`]. As the script
//! does according to public sources, it writes the key of `?ref=` to the cookie
//! `partnero_referral`, and a random `partnero_session_uuid` for every visitor on https and loopback. Assumed are the
//! attributes of both cookies (`Path=/`, `SameSite=Lax`, 30 days), that a newer key is written over
//! an older one, and all that stands in the settings.
//!
//! # Assumed
//!
//! Beyond the switches, no source confirms that:
//!
//! - a body that is no JSON object, or comes under another content type, is a 400;
//! - a text has at most 255 characters, an empty one counts as absent, and an id that is a number
//!   is a mistake;
//! - e-mail addresses that differ by case alone are one, and what counts as an address;
//! - an amount must not be negative, and is below 10^18 (a bound of ours);
//! - a reward looks in a transaction's `rewards` as it does in affiliate programs, and a sale pays
//!   by a [`RewardRule`] at all: Partnero's rewards are set up in its dashboard;
//! - a batch of transactions is taken as a whole or not at all;
//! - who comes first if a transaction names its customer in several ways (id, key, e-mail);
//! - anything about the [`RateLimit`].
//!
//! Left out: everything of affiliate and newsletter programs, `PUT /settings`, deprecated singular
//! paths, archived transactions, and protection against fraud.
//!
//! [`ActionField`]: switches::ActionField
//! [`CreatedStatus`]: switches::CreatedStatus
//! [`CreditAnswer`]: switches::CreditAnswer
//! [`CreditDirection`]: switches::CreditDirection
//! [`CustomerShape`]: switches::CustomerShape
//! [`DeletePath`]: switches::DeletePath
//! [`DeletedCustomer`]: switches::DeletedCustomer
//! [`DeletedCustomerSales`]: switches::DeletedCustomerSales
//! [`DoneAnswer`]: switches::DoneAnswer
//! [`DuplicateCustomer`]: switches::DuplicateCustomer
//! [`EmailField`]: switches::EmailField
//! [`EmptyObjects`]: switches::EmptyObjects
//! [`EnvelopeStatus`]: switches::EnvelopeStatus
//! [`ErrorMap`]: switches::ErrorMap
//! [`ErrorStatus`]: switches::ErrorStatus
//! [`InviteAnswer`]: switches::InviteAnswer
//! [`KeyCase`]: switches::KeyCase
//! [`LaterReferrer`]: switches::LaterReferrer
//! [`ListOrder`]: switches::ListOrder
//! [`Numbers`]: switches::Numbers
//! [`OtherUnits`]: switches::OtherUnits
//! [`Overdraft`]: switches::Overdraft
//! [`PageLimit`]: switches::PageLimit
//! [`PageLinks`]: switches::PageLinks
//! [`PathOrder`]: switches::PathOrder
//! [`ReferralsForm`]: switches::ReferralsForm
//! [`ReferrerEcho`]: switches::ReferrerEcho
//! [`RepeatedKey`]: switches::RepeatedKey
//! [`RepeatedTransaction`]: switches::RepeatedTransaction
//! [`RewardedData`]: switches::RewardedData
//! [`SalesOf`]: switches::SalesOf
//! [`SearchMatch`]: switches::SearchMatch
//! [`SearchMiss`]: switches::SearchMiss
//! [`StatsForm`]: switches::StatsForm
//! [`TransactionKeyLength`]: switches::TransactionKeyLength
//! [`TransactionTime`]: switches::TransactionTime
//! [`UnknownBuyer`]: switches::UnknownBuyer
//! [`UnknownReferrer`]: switches::UnknownReferrer
//! [`UnreferredSale`]: switches::UnreferredSale
//! [`UpdateForm`]: switches::UpdateForm
//! [`WebhookEnvelope`]: switches::WebhookEnvelope
//! [`WebhookHeader`]: switches::WebhookHeader
//! [`WebhookRetryTime`]: switches::WebhookRetryTime
//! [`WebhookTime`]: switches::WebhookTime
//! [`WithoutAccept`]: switches::WithoutAccept
mod answer;
mod browser;
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
mod newest;
mod page;
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
mod webhooks;
mod world;

pub use self::builder::SandboxBuilder;
pub use self::fault::Fault;
pub use self::handle::Sandbox;
pub use self::limiter::{RateLimit, RetryAfter};
pub use self::log::SandboxRequest;
pub use self::reward::RewardRule;
pub use self::snapshot::{SandboxAmount, SandboxCustomer, SandboxTransaction};
pub use self::webhooks::{SandboxWebhook, WebhookDelivery};
