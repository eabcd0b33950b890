//! A customer's own page: the link to share, by mail, messenger and QR code, and what came of it.
//!
//! [`ShareLinks`] makes the addresses behind the buttons. `qr_svg` (feature `qr`) draws the link. With an
//! outbox, `Account::of` says that a sign-up is still on its way, instead of failing.
//!
//! ```
//! use tower_partnero::account::ShareLinks;
//!
//! let share = ShareLinks::new("https://shop.example/?ref=anna-7", "Get 10 off & coffee");
//! assert_eq!(
//!     share.telegram(),
//!     "https://t.me/share/url?url=https%3A%2F%2Fshop.example%2F%3Fref%3Danna-7&text=Get%2010%20off%20%26%20coffee",
//! );
//! ```
//!
//! [`Profile`](crate::client::Profile), [`Customer`](crate::Customer), [`Balance`](crate::client::Balance)
//! and [`Referral`](crate::Referral) implement serde's `Serialize` for such pages.
//! [`guide::account`](crate::guide::account) has a whole program.

#[cfg(feature = "qr")]
mod qr;
mod share;
#[cfg(feature = "outbox")]
mod state;

#[cfg(feature = "qr")]
pub use self::qr::{LinkTooLong, qr_svg};
pub use self::share::ShareLinks;
#[cfg(feature = "outbox")]
pub use self::state::Account;
