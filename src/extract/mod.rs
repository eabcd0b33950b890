//! Extractors for axum apps whose handles do not stand in the state itself (feature `axum`).
//!
//! [`ReferralContext`](crate::ReferralContext), `Option<`[`Referral`](crate::Referral)`>`,
//! [`SignupHook`](crate::SignupHook) and [`Event`](crate::Event) are extractors of their own: they
//! take their handle from the app's state, through `FromRef`. This needs a state type of the app's own.
//!
//! - [`FromExtension`] takes the handle from the request's extensions, for an app whose state type is
//!   not its own: `Arc<AppState>`, or the state of a framework on axum.
//! - [`OfProgram`] takes one of several handles, for an app with two programs at Partnero.
//!
//! [`guide::hosts`](crate::guide::hosts) has whole programs.

#[cfg(feature = "aide")]
mod aide;
mod from_extension;
mod missing;
mod of_program;

pub use self::from_extension::FromExtension;
pub use self::missing::{ExtensionMissing, FromExtensionRejection};
pub use self::of_program::OfProgram;
