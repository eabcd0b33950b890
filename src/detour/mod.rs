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
//! A request may come with several referrals: a code that was typed, a token, a link, a cookie.
//! The most deliberate one counts; [`ReferralContext::with_referral`] has the order. Above them all
//! stands what the app itself says by
//! [`NewCustomer::referring_customer`](crate::NewCustomer::referring_customer).
//!
//! A token that is handed in counts also where consent is withdrawn or unknown, as a typed code
//! does: the visitor came back with it on purpose, and nothing is stored. A landing page that has to
//! store it, on a host of its own, returns [`Referrals::store`](crate::Referrals::store).
//!
//! # Example
//!
//! ```
//! use tower_partnero::Referral;
//! use tower_partnero::detour::{Detour, InvalidToken, SigningKeys};
//!
//! // On the way out: the nonce your app binds the flow to, and the token beside it, which is empty
//! // for a visitor whom nobody referred.
//! fn state(oauth: &Detour, nonce: &str, referral: Option<&Referral>) -> String {
//!     let token = referral.map(|referral| oauth.token(referral.key(), nonce));
//!     format!("{nonce}.{}", token.unwrap_or_default())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = [7; 32];
//! let keys = SigningKeys::new(secret)?; // from where the app keeps its secrets
//! let oauth = Detour::new(keys, "oauth")?;
//! let nonce = "n-0S6_WzA2Mj";
//! let referral = Referral::from_code("anna-7")?;
//! let referred = state(&oauth, nonce, Some(&referral));
//! let unreferred = state(&oauth, nonce, None);
//!
//! // Back at the callback, where the nonce has been compared with the session's.
//! let (nonce, token) = referred.rsplit_once('.').ok_or("no state")?;
//! assert_eq!(oauth.open(token, nonce)?.key(), "anna-7");
//! assert_eq!(oauth.open(token, "another flow"), Err(InvalidToken::Forged));
//!
//! let (nonce, token) = unreferred.rsplit_once('.').ok_or("no state")?;
//! assert_eq!(oauth.open(token, nonce), Err(InvalidToken::Empty));
//! # Ok(())
//! # }
//! ```
//!
//! In the handler the referral goes to
//! [`SignupHook::with_referral`](crate::signup::SignupHook::with_referral):
//! `hook.with_referral(oauth.open(token, nonce).ok())`. A token that brings nothing changes nothing
//! there, and link or cookie count.
//!
//! [`ReferralContext::with_referral`]: crate::ReferralContext::with_referral

mod invalid;
mod token;

pub use self::invalid::InvalidToken;
pub use self::token::Detour;
pub use crate::signing::SigningKeys;
