//! Signed tokens that carry a referral where no cookie goes.
//!
//! Some visitors come back to sign up, and their browser does not send the cookie:
//!
//! - after a sign-up by OAuth whose answer is posted by another site
//!   (`response_mode=form_post`): browsers send no `SameSite=Lax` cookie with such a form;
//! - from a link in an e-mail that was opened on another device;
//! - from `www.shop.example` to an app on a host of its own, which has other cookies.
//!
//! There the key travels in a token instead: in OAuth's `state`, in the link, or in a hidden field
//! of the form.
//!
//! # What a token proves
//!
//! A token holds the key, the time at which the token expires, and a signature (HMAC-SHA256, cut to
//! 128 bits). The signature also covers the *purpose* of the [`Detour`] and a *context* that the
//! app chooses. So a token for links in e-mails is refused in an OAuth flow. And a token of one
//! OAuth flow is refused in another one, if the context is what the app binds each flow to, such as
//! the nonce in `state`.
//!
//! A token is not secret: whoever has it can read the key, which stands in a public link anyway.
//!
//! A token can be shown again until it expires. That credits nobody twice, because Partnero creates
//! each customer once.
//!
//! # Which referral counts
//!
//! One request may bring several: a typed code, a token, a link, a cookie. The most deliberate one
//! counts; [`ReferralContext::with_referral`] has the order. Before all of them comes a referrer
//! that the app names itself, by
//! [`NewCustomer::referring_customer`](crate::NewCustomer::referring_customer).
//!
//! A token counts even if the visitor has not agreed to cookies: the visitor brought it on purpose,
//! and nothing is stored. A landing page on another host that wants to store the referral returns
//! [`Referrals::store`](crate::Referrals::store).
//!
//! # Example
//!
//! ```
//! use tower_partnero::Referral;
//! use tower_partnero::detour::{Detour, InvalidToken, SigningKeys};
//!
//! // On the way out: the token stands beside the nonce to which your app binds the flow. It is
//! // empty for a visitor whom nobody referred.
//! fn state(oauth: &Detour, nonce: &str, referral: Option<&Referral>) -> String {
//!     let token = referral.map(|referral| oauth.token(referral.key(), nonce));
//!     format!("{nonce}.{}", token.unwrap_or_default())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = [7; 32];
//! let keys = SigningKeys::new(secret)?; // at least 32 random bytes
//! let oauth = Detour::new(keys, "oauth")?;
//! let nonce = "n-0S6_WzA2Mj";
//! let referral = Referral::from_code("anna-7")?;
//! let referred = state(&oauth, nonce, Some(&referral));
//! let unreferred = state(&oauth, nonce, None);
//!
//! // At the callback, after the app has compared the nonce with the one in the session.
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
//! `hook.with_referral(oauth.open(token, nonce).ok())`. A token that is refused changes nothing:
//! then the link or the cookie counts.
//!
//! [`ReferralContext::with_referral`]: crate::ReferralContext::with_referral

mod invalid;
mod token;

pub use self::invalid::InvalidToken;
pub use self::token::Detour;
pub use crate::signing::SigningKeys;
