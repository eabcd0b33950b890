//! Who invited this visitor: for "Anna gives you 10 off" on a landing page, and for a code that a
//! visitor types.
//!
//! [`Inviters`] goes into the app's state, and a handler asks it for the [`Inviter`] behind a
//! [`Referral`](crate::Referral). The answer comes from Partnero, and is remembered.
//!
//! # What is guaranteed
//!
//! 1. No page waits for a broken Partnero: an answer takes 300 milliseconds at most, by default.
//!    After that it is [`Pending`](Inviter::Pending), which is no error. After three failures in a
//!    row Partnero is left alone for five seconds, and no page waits at all.
//! 2. Both answers are remembered: an inviter for ten minutes, a key that nobody has for thirty
//!    seconds, by default. Visitors who ask for the same key at once cause one call.
//! 3. Partnero is asked as at the sign-up: for the key, for the key without punctuation, then for the
//!    visitor's earlier links. So whoever is named here is the one who will be credited.
//! 4. All visitors together cause at most ten calls a second, and eight at a time, by default, so
//!    that nobody who guesses keys uses up the client's places or Partnero's patience.
//!
//! # What a visitor can learn
//!
//! Whoever opens a link with a key sees whether a customer has it, and that customer's first name.
//! That is what the page is for, and everybody may try keys. So:
//!
//! - No other field leaves this module, unless the app's own [rule](InvitersBuilder::name) gives it out.
//! - Partnero's own keys are random. If the app chooses keys, `anna` or `1001` can be guessed, and a
//!   list of first names comes out of it, at ten guesses a second for the whole app. Choose keys with
//!   a random part.
//! - A key is asked for only if the layer has read it from a link or a cookie, or if the visitor has
//!   typed it. One page asks for five keys at most, and all of them count among the ten calls a second.
//!
//! # Example
//!
//! ```
//! use axum::{Router, extract::FromRef, routing::get};
//! use tower_partnero::{Client, Referrals};
//! use tower_partnero::inviter::{Inviter, Inviters};
//!
//! #[derive(Clone)]
//! struct AppState {
//!     referrals: Referrals,
//!     inviters: Inviters,
//! }
//!
//! impl FromRef<AppState> for Referrals {
//!     fn from_ref(state: &AppState) -> Self {
//!         state.referrals.clone()
//!     }
//! }
//!
//! impl FromRef<AppState> for Inviters {
//!     fn from_ref(state: &AppState) -> Self {
//!         state.inviters.clone()
//!     }
//! }
//!
//! async fn landing(inviter: Option<Inviter>) -> String {
//!     match inviter.as_ref().and_then(Inviter::name) {
//!         Some(name) => format!("{name} gives you 10 off"), // HTML: let the template escape the name
//!         None => "Welcome".to_owned(),
//!     }
//! }
//!
//! fn app(client: Client) -> Result<Router, tower_partnero::ConfigError> {
//!     let referrals = Referrals::builder().build()?;
//!     let inviters = Inviters::new(client);
//!     Ok(Router::new()
//!         .route("/", get(landing))
//!         .layer(referrals.layer())
//!         .with_state(AppState { referrals, inviters }))
//! }
//! ```
//!
//! A page that names an inviter differs from visitor to visitor: keep it out of shared caches
//! (`Cache-Control: private`). [`guide::invited`](crate::guide::invited) has a whole program, and the
//! check of a typed code.

mod answer;
mod budget;
#[cfg(feature = "axum")]
mod extract;
mod handle;
mod settings;

pub use self::answer::Inviter;
pub use self::handle::Inviters;
pub use self::settings::InvitersBuilder;
