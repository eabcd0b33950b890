//! The detour: a short signed token that carries a referral where no cookie goes.
//!
//! A sign-up by OAuth, a magic link opened on another device, a form that another site posts back
//! (`response_mode=form_post` brings no `Lax` cookie), a link from `www.` to an app on a host of
//! its own: each time the visitor comes back without the cookie. The token travels instead, in
//! `state`, in the link, or in a hidden field.
//!
//! # What a token is, and is not
//!
//! It holds the key, the time until which it is good, and a signature (HMAC-SHA256, cut to 128
//! bits) over both, over the *purpose* of its [`Detour`] and over a *context* of your choice. So
//! it is useless elsewhere: a token of a magic link is none for OAuth, and one of another
//! visitor's OAuth flow is none for this one, if the context is what your app binds the flow to,
//! such as the session's `state` nonce.
//!
//! It is not secret: who has it can read the key, which stands in a public link anyway. It is not
//! used up: within its life and its context it can be shown again, and what forbids a second
//! credit is that the customer is created once.
//!
//! # Which one counts
//!
//! A request may come with several. The most deliberate one counts, in this order:
//!
//! 1. a code the visitor typed ([`Referral::from_code`](crate::Referral::from_code)),
//! 2. a token of this very flow ([`Detour::open`]),
//! 3. the link of this request, by its query and then by its path,
//! 4. the cookie (before 3 under [`FirstTouch`](crate::Attribution::FirstTouch)),
//! 5. the page before, where the policy asks it.
//!
//! # Example
//!
//! ```
//! use tower_partnero::Referral;
//! use tower_partnero::detour::{Detour, InvalidToken, SigningKeys};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = [7; 32];
//! let keys = SigningKeys::new(secret)?; // from where the app keeps its secrets
//! let oauth = Detour::new(keys, "oauth")?;
//!
//! // On the way out: the nonce your app binds the flow to, and the token beside it.
//! let nonce = "n-0S6_WzA2Mj";
//! let referral = Referral::from_code("anna-7")?;
//! let state = format!("{nonce}.{}", oauth.token(referral.key(), nonce));
//!
//! // Back at the callback, where the nonce has been compared with the session's.
//! let (nonce, token) = state.split_once('.').ok_or("no state")?;
//! assert_eq!(oauth.open(token, nonce)?.key().as_str(), "anna-7");
//! assert_eq!(oauth.open(token, "another flow"), Err(InvalidToken::Forged));
//! # Ok(())
//! # }
//! ```
//!
//! In the handler the referral goes to
//! [`SignupHook::with_referral`](crate::signup::SignupHook::with_referral):
//! `hook.with_referral(oauth.open(token, nonce).ok())`.

mod invalid;
mod token;

pub use self::invalid::InvalidToken;
pub use self::token::Detour;
pub use crate::signing::SigningKeys;
