//! Payments that run through Stripe, Paddle or Chargebee: who tells Partnero of a sale?
//!
//! **One of the two, never both.** With both, each sale is rewarded twice
//! (<https://github.com/partnero/n8n-nodes-partnero>).
//!
//! | Partnero watches the payments itself | The app reports the sales |
//! |---|---|
//! | connect Partnero's own integration with the provider | receive the provider's events |
//! | put [`PaymentMetadata`] into each payment | make a [`Sale`](crate::delivery::Sale) or [`Refund`](crate::delivery::Refund) of each, with [`PaymentKey`] |
//! | nothing is sent from here | the outbox sends it, once |
//!
//! [`guide::payments`](crate::guide::payments) has a whole program for the second column.

#[cfg(feature = "outbox")]
mod key;
mod metadata;

#[cfg(feature = "outbox")]
pub use self::key::PaymentKey;
pub use self::metadata::PaymentMetadata;
