//! From the handler to Partnero: a new user, with the referrer filled in.
//!
//! [`Signups`] goes into the app's state, [`SignupHook`] into the sign-up handler, and the
//! [`SignupOutcome`] into its response, where it removes the cookie if the report arrived.
//!
//! # What is guaranteed
//!
//! 1. The customer is always created, referred or not, so that everybody has a link to share. (An
//!    affiliate program takes only customers whom a partner brought.)
//! 2. A sign-up never fails because of Partnero. The outcome says what went wrong.
//! 3. The cookie stays in the browser until Partnero, or the outbox, has the report. Then it is
//!    removed: one referral credits one sign-up.
//! 4. A visitor who closes the page does not cancel the report.
//!
//! # Example
//!
//! ```
//! use axum::{Form, Router, extract::FromRef, response::{IntoResponse, Redirect}, routing::post};
//! use tower_partnero::{Client, NewCustomer, Referrals, SignupHook, Signups};
//!
//! #[derive(Clone)]
//! struct AppState {
//!     signups: Signups,
//! }
//!
//! impl FromRef<AppState> for Signups {
//!     fn from_ref(state: &AppState) -> Self {
//!         state.signups.clone()
//!     }
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct NewUser {
//!     name: String,
//!     email: String,
//! }
//!
//! async fn sign_up(hook: SignupHook, Form(form): Form<NewUser>) -> impl IntoResponse {
//!     let user_id = 42; // after the user is stored
//!     let customer = NewCustomer::new(user_id).email(form.email).name(form.name);
//!     let outcome = hook.sign_up(customer).await;
//!     (outcome, Redirect::to("/welcome"))
//! }
//!
//! fn app(client: Client) -> Result<Router, tower_partnero::ConfigError> {
//!     let referrals = Referrals::builder().build()?; // on http://localhost: `.secure(false)`
//!     Ok(Router::new()
//!         .route("/signup", post(sign_up))
//!         .layer(referrals.layer())
//!         .with_state(AppState { signups: Signups::new(referrals, client) }))
//! }
//! ```
//!
//! If it does not compile, [`guide::troubles`](crate::guide::troubles) says why: most often the app's
//! state lacks a `FromRef`. [`guide::sign_up`](crate::guide::sign_up) has a whole program.
//!
//! # Who signs up again
//!
//! If a customer is reported twice under one identifier, for example by a form that is sent twice,
//! the second outcome is [`Existing`](crate::Registration::Existing).
//!
//! It is different if somebody deletes the account and signs up again. The app then has a new
//! identifier, but Partnero still has the old customer with this e-mail address, and it keeps
//! addresses unique (<https://developers.partnero.com/guide/referral>). That is no success, because no
//! sale of the new identifier could be credited. The outcome is an error of the kind
//! [`EmailKnown`](SignupErrorKind::EmailKnown), which names the old customer; with an outbox it
//! becomes a dead letter. Nothing was credited, so the referral stays in the browser. Keep the old
//! identifier for such an account, or let the customer be created without the address
//! ([`Signups::without_known_email`]).
//!
//! If the app gives one identifier to two people and Partnero has the first one, the outcome is
//! [`IdentifierTaken`](SignupErrorKind::IdentifierTaken). [`guide::sign_up`](crate::guide::sign_up)
//! lists every answer of Partnero and what comes of it.

mod error;
#[cfg(feature = "axum")]
mod extract;
mod hook;
mod outcome;
mod program;

pub use self::error::{SignupError, SignupErrorKind};
pub use self::hook::{SignupHook, Signups};
pub use self::outcome::SignupOutcome;
pub use self::program::CheckProgramError;
