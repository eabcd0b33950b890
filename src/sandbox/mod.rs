//! A local Partnero to develop and test against, since Partnero itself offers none.
//!
//! The sandbox runs inside your process, on a loopback port. It answers over HTTP/1.1 as
//! `https://api.partnero.com/v1` does for a refer-a-friend program, or for an
//! [affiliate program](#affiliate-programs), as far as public sources describe that. Nothing here was
//! tried against Partnero itself. Where sources contradict each other or say nothing, there is a
//! [switch](switches), whose default is the likeliest answer. A [`Fault`] makes requests fail. The
//! sandbox keeps everything in memory, and shows it in a browser at [`Sandbox::page_url`]. As a
//! program: `partnero sandbox --port 4010`.
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
//! // Any HTTP client works, as it would with Partnero.
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
//! Give the app's client the key and the address of the sandbox. A new sandbox has no customers, so
//! create one whose link you can follow. If the app starts the sandbox in `cargo run`, the feature
//! belongs to this crate's line in `[dependencies]`; for tests and examples, a line in
//! `[dev-dependencies]` is enough.
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
//! [`switches`] explains the tags of the sources. The texts of errors are ours, not Partnero's.
//!
//! | Endpoint | Behaviour | Source |
//! |---|---|---|
//! | all | bearer token, else 401; `{"data": …, "status": 1}` | D, O; [`EnvelopeStatus`], [`Numbers`], [`EmptyObjects`] |
//! | all failures | `message`, and `errors` by field in a 422 | D, PHP; [`ErrorMap`], [`ErrorStatus`] |
//! | all lists | `limit`, `page`, `sort`; `links` and `meta` without totals | D, N8N; [`PageLimit`], [`PageLinks`], [`ListOrder`] |
//! | `POST /customers` | unique id, key, e-mail; random id and key if absent; `referring_customer` by id before key | seed, O, D; [`DuplicateCustomer`], [`UnknownReferrer`], [`MissingId`], [`EmailField`], [`NestedCustomer`], [`KeyCase`], [`CreatedStatus`], [`CustomerShape`], [`ReferrerEcho`] |
//! | `GET /customers/{id}` | by id, key or e-mail address; 404 | N8N; [`PathOrder`] |
//! | `GET /customers` | filters `refer_status`, `partner` | O, D, N8N |
//! | `GET /customers:search` | by `email`, `key` or `id` | N8N, PHP; [`SearchMatch`], [`SearchMiss`] |
//! | `PUT /customers/{id}`, `PUT /customers` | e-mail, names, key, tags | D, N8N, PHP; [`UpdateForm`] |
//! | `DELETE /customers/{id}` | with its sales | PHP, N8N; [`DoneAnswer`], [`DeletedCustomer`] |
//! | `POST /customers/{id}/archive`, `…/revoke-archive` | an archived customer earns nothing; 400 if it is in that state already | N8N; 400 assumed |
//! | `POST /customers:invite` | makes a customer; no e-mail is sent | PHP; effect assumed, [`InviteAnswer`] |
//! | `GET /customers/{id}/referrals` | the customers that it referred | seed, PHP; [`ReferralsForm`] |
//! | `GET /customers/{id}/stats` | counts; `clicks` is always 0 | PHP; shape guessed |
//! | `GET /customers/{id}/transactions` | a list | N8N |
//! | `GET /customers/{id}/referral_links` | the default link first; id and key of a link are the same | O |
//! | `/customer_referral_links` | create, read, change, delete, `:search` | O, PHP; what can be changed, and that the default link stays, assumed |
//! | `GET /customers/{id}/balance` | `[]` when empty, else `{"currency": […]}` | seed, O; [`OtherUnits`] |
//! | `POST /customers/{id}/balance/credit` | spends the balance; counts each time | seed, O; [`CreditDirection`], [`Overdraft`], [`CreditAnswer`] |
//! | `POST /transactions` | one, a batch, or with its customer; keys are **not** unique | D, O, N8N; [`RepeatedTransaction`], [`UnreferredSale`], [`UnknownBuyer`], [`ActionField`], [`TransactionTime`] |
//! | `GET /transactions`, `GET /transactions/{key}` | filters `key`, `customer`, `partner` | D, N8N, O; [`RepeatedKey`] |
//! | `DELETE /transactions/{key}`, `DELETE /transactions` | takes the reward back | D, WP; [`RepeatedKey`], [`DeletePath`] |
//! | `/webhooks` | create, list, read, change, delete; the `signature` in every answer; foreign events refused | D, O, N8N |
//! | `POST /sandbox/payments` | not Partnero's: plays a payment that Partnero's own integration with a provider sees; [`Sandbox::observe_payment`] | [`PaymentCustomer`] |
//! | `GET /test` | `data.program.pub_id` | WP, N8N, PHP |
//! | `GET /program/overview` | the program's settings | WP, for affiliate programs; values ours |
//!
//! Partnero seems to be built with Laravel, so the sandbox reads requests as Laravel does: the
//! parameters of a GET may stand in a JSON body (PHP does so), `customer[id]`, `customer.id` and
//! `customer_id` are the same parameter of a URL, an empty body and PHP's empty array `[]` have no
//! fields, and `1` and `0` are booleans, too.
//!
//! # Affiliate programs
//!
//! [`Sandbox::affiliate`] has partners instead of referring customers. The endpoints above are the same,
//! except for links, referrals, statistics, balance and invitations of customers, which are missing.
//!
//! | Endpoint | Behaviour | Source |
//! |---|---|---|
//! | `POST /customers` | `key` and `partner` are required; an unknown or archived partner is refused; also nested (WP) | D, N8N, WP; [`UnknownReferrer`], [`DuplicateCustomer`], [`PartnerEcho`] |
//! | `GET /customers:search` | by `email` or `id`; a `key` is ignored, which is assumed | N8N |
//! | `POST /transactions` | pays the partner by a [`RewardRule`]; `customer.partner` with `options.create_customer` | D, O |
//! | `POST /partners`, `GET /partners` | unique id, key, e-mail; e-mail required | D, N8N; [`PartnerShape`] |
//! | `GET /partner` | by `key`, `id` or `email`; 404 | N8N |
//! | `GET /partners:search` | by a part of `key` or `id` | N8N; [`SearchMiss`] |
//! | `GET`, `PUT`, `DELETE /partners/{id}` | by the id alone | N8N; [`UpdateForm`] |
//! | `POST /partners/{id}/archive`, `…/revoke-archive` | an archived partner earns nothing and brings nobody | N8N; the second and 400 assumed |
//! | `POST /partners/{id}/reward` | adds to the balance | N8N; answer assumed |
//! | `GET /partners/{id}/referral_links` | the default link first | N8N; fields assumed |
//! | `POST /partners:sign-in-url` | an address of the sandbox's page | N8N; answer assumed |
//! | `POST /leads`, `GET /leads` | partner, name and e-mail address are required | N8N; answer and refusals assumed |
//! | `GET`, `DELETE /leads/{id}` | by the number | N8N; answer assumed |
//! | `POST /leads/convert`, `POST /leads/reject` | converting pays the partner by the [`RewardRule`] | N8N; answer and refusals assumed; [`UnknownLead`], [`DecidedLead`] |
//! | `POST /payout_requests`, `GET /payout_requests` | the whole unpaid balance in one currency; refused for an archived partner, and for a partner without details to be paid by | N8N; answer and refusals assumed; [`NewPayout`], [`PayoutDetails`] |
//! | `GET /payout_requests:search` | by partner, `status` and `amount_units` | N8N; [`SearchMiss`] |
//! | `GET /payout_requests/{id}`, `POST …/approve`, `…/mark_as_paid` | approved only while requested, paid only once approved; paying clears the balance | N8N; answer and 400 assumed |
//!
//! Webhooks: `partner.created`, `.updated`, `.deleted` and `.archived`, `lead.submitted`, `.converted`
//! and `.rejected`, whose data is assumed to be what the API answers, and the events of customers
//! and transactions below, without `customer.rewarded` and `.credited`. The browser's stand-in reads
//! `?aff=` and writes `partnero_partner`.
//!
//! # What a sign-up can meet
//!
//! | Partnero's answer to `POST /customers` | How to get it |
//! |---|---|
//! | the referrer is unknown: 400, 404, 422, or the customer is created without a referrer | a key that nobody has, or [`Sandbox::refuse_referrer`]; [`UnknownReferrer`] |
//! | one optional field is refused: 422 that names it | [`Sandbox::refuse_field`], or [`Sandbox::refuse_value`] for one customer |
//! | the key is taken: 422 on `key` | another customer with this key; [`DuplicateCustomer`] |
//! | the e-mail address is known under another identifier: 422 on `email` | [`Sandbox::register_in_portal`]; [`DuplicateCustomer`] |
//! | another person is known under this identifier: 422 on `id` | another customer with this id and another address; [`DuplicateCustomer`] |
//! | the 422 names no field | [`ErrorMap::Absent`](switches::ErrorMap::Absent) |
//! | anything else | a [`Fault`] |
//!
//! # What it sends
//!
//! The sandbox sends webhooks to the active subscriptions that name the event, but only over plain
//! http and only to loopback addresses, so that no invented event leaves your machine. Each webhook
//! is signed with the subscription's `signature`, and sent again until the answer is a 2xx. See
//! [`WebhookDelivery`] for how often, and for webhooks that come twice or out of order.
//!
//! | Event | When | Source |
//! |---|---|---|
//! | all | in an envelope, with a signature | D, N8N; [`WebhookEnvelope`], [`WebhookHeader`], [`WebhookTime`], [`WebhookRetryTime`] |
//! | `customer.created`, `.updated`, `.deleted` | a customer was created, also by an invitation or with a sale; changed; deleted | N8N; data inferred |
//! | `transaction.created`, `.deleted` | a sale was recorded; deleted, also together with its buyer | N8N; data inferred |
//! | `customer.rewarded` | a sale paid the referrer, or the [friend](SandboxBuilder::friend_reward) was paid | N8N; the moment is assumed; [`RewardedData`] |
//! | `customer.credited` | the balance was credited | N8N; the moment is assumed; [`RewardedData`] |
//!
//! # In the browser
//!
//! The tag of [`Sandbox::snippet`] loads a stand-in for Partnero's script into a page under test.
//! The stand-in takes the calls that wait in the queue `po` and all later calls, loads the
//! program's settings as a second script, and reports each call to [`Sandbox::script_calls`]. As
//! public sources say of Partnero's script, it writes the key of `?ref=` to the cookie
//! `partnero_referral`, and a random `partnero_session_uuid` for every visitor (on https and
//! loopback, where browsers can make one). It is assumed that both cookies have `Path=/`,
//! `SameSite=Lax` and 30 days, that a newer key replaces an older one, and what the settings
//! contain.
//!
//! # Assumed
//!
//! Beyond the switches, no source confirms that:
//!
//! - a body that is not a JSON object, or has another content type, is a 400;
//! - a text has at most 255 characters, an empty text counts as absent, and an id that is a number
//!   is a mistake;
//! - e-mail addresses that differ by case alone are the same, and what counts as an address;
//! - an amount must not be negative, and must be below 10^18 (the second is our own limit);
//! - an entry of a sale's `rewards` looks as in affiliate programs;
//! - a sale pays the referrer by a [`RewardRule`]: Partnero's rewards are set up in its dashboard;
//! - Partnero takes a batch of transactions as a whole or not at all;
//! - an empty body is no mistake, and `partner` in a filter means the referrer;
//! - if a transaction names its customer in several ways, the id counts before the key, and the key
//!   before the e-mail address;
//! - a deleted customer's sales are deleted too (known of affiliate programs);
//! - `GET /customers/{id}/transactions` lists the sales in which the customer bought.
//!
//! Not there: newsletter programs, `PUT /settings`, deprecated paths in the singular, archived
//! transactions, protection against fraud, and a rate limit (no source says how many requests
//! Partnero takes; `Fault::status(429)` answers as if there were too many).
//!
//! [`ActionField`]: switches::ActionField
//! [`CreatedStatus`]: switches::CreatedStatus
//! [`CreditAnswer`]: switches::CreditAnswer
//! [`CreditDirection`]: switches::CreditDirection
//! [`CustomerShape`]: switches::CustomerShape
//! [`DecidedLead`]: switches::DecidedLead
//! [`DeletePath`]: switches::DeletePath
//! [`DeletedCustomer`]: switches::DeletedCustomer
//! [`DoneAnswer`]: switches::DoneAnswer
//! [`DuplicateCustomer`]: switches::DuplicateCustomer
//! [`EmailField`]: switches::EmailField
//! [`EmptyObjects`]: switches::EmptyObjects
//! [`EnvelopeStatus`]: switches::EnvelopeStatus
//! [`ErrorMap`]: switches::ErrorMap
//! [`ErrorStatus`]: switches::ErrorStatus
//! [`InviteAnswer`]: switches::InviteAnswer
//! [`KeyCase`]: switches::KeyCase
//! [`ListOrder`]: switches::ListOrder
//! [`MissingId`]: switches::MissingId
//! [`NestedCustomer`]: switches::NestedCustomer
//! [`NewPayout`]: switches::NewPayout
//! [`Numbers`]: switches::Numbers
//! [`OtherUnits`]: switches::OtherUnits
//! [`Overdraft`]: switches::Overdraft
//! [`PageLimit`]: switches::PageLimit
//! [`PageLinks`]: switches::PageLinks
//! [`PartnerEcho`]: switches::PartnerEcho
//! [`PartnerShape`]: switches::PartnerShape
//! [`PathOrder`]: switches::PathOrder
//! [`PaymentCustomer`]: switches::PaymentCustomer
//! [`PayoutDetails`]: switches::PayoutDetails
//! [`ReferralsForm`]: switches::ReferralsForm
//! [`ReferrerEcho`]: switches::ReferrerEcho
//! [`RepeatedKey`]: switches::RepeatedKey
//! [`RepeatedTransaction`]: switches::RepeatedTransaction
//! [`RewardedData`]: switches::RewardedData
//! [`SearchMatch`]: switches::SearchMatch
//! [`SearchMiss`]: switches::SearchMiss
//! [`TransactionTime`]: switches::TransactionTime
//! [`UnknownBuyer`]: switches::UnknownBuyer
//! [`UnknownLead`]: switches::UnknownLead
//! [`UnknownReferrer`]: switches::UnknownReferrer
//! [`UnreferredSale`]: switches::UnreferredSale
//! [`UpdateForm`]: switches::UpdateForm
//! [`WebhookEnvelope`]: switches::WebhookEnvelope
//! [`WebhookHeader`]: switches::WebhookHeader
//! [`WebhookRetryTime`]: switches::WebhookRetryTime
//! [`WebhookTime`]: switches::WebhookTime
mod answer;
mod browser;
mod builder;
mod clock;
mod customer;
mod customers;
mod exchange;
mod fault;
mod handle;
mod input;
mod json;
mod lock;
mod money;
mod newest;
mod numbered;
mod page;
mod random;
mod reward;
mod routes;
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
pub use self::reward::{RewardRule, RewardTrigger};
pub use self::snapshot::{
    SandboxAmount, SandboxCustomer, SandboxPartner, SandboxRequest, SandboxTransaction,
};
pub use self::webhooks::{SandboxWebhook, WebhookDelivery};
