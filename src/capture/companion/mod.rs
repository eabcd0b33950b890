//! The companion: a second, signed cookie that says when the links were followed.
//!
//! The referral's own cookie is not signed, because Partnero's script reads and writes it. Only the
//! browser knows the age of that cookie, by `Max-Age`, and a script that writes the cookie again
//! starts a new age. With [`ReferralsBuilder::companion`](super::ReferralsBuilder::companion) the
//! server stores the time itself, and checks the attribution window
//! ([`max_age`](super::ReferralsBuilder::max_age)) when it reads the cookie.
//!
//! # What it holds
//!
//! The first and the last touch: for each the key of the link, and the second in which the visitor
//! followed it. A handler reads them by [`ReferralContext::first_touch`](crate::ReferralContext::first_touch) and
//! [`last_touch`](crate::ReferralContext::last_touch).
//!
//! The last three links between them are kept in the same way, as far as the cookie stays below a
//! kilobyte. They are among the [`runners_up`](crate::ReferralContext::runners_up): the newest three keys
//! that lost and are not older than the window.
//!
//! | The referral's own cookie | What counts |
//! |---|---|
//! | has the key of the companion's touch (the last touch, or the first one under [`FirstTouch`](crate::Attribution::FirstTouch)) | the key counts until the window since that touch is over; then the outcome is [`Expired`](crate::Outcome::Expired) |
//! | has another key than the companion | the key counts as a newer touch with an unknown time: Partnero's script wrote it |
//! | has no companion, or a companion without a valid signature of ours | the key counts as a touch with an unknown time |
//! | was sent several times, with different keys | the key that the companion knows, if the companion belongs to this host only; else the first key that is not too old |
//! | was not sent | nothing: a companion without the referral's own cookie brings no referral |
//!
//! A touch with an unknown time counts from now, so that an honest referral is not lost with its
//! companion. Its time is stored when the companion is written next: when the visitor follows a link
//! (also one with the same key), or by [`Referrals::renew`](super::Referrals::renew). `renew` does
//! not change a known time, unless the request itself has the link. Where Partnero's script is on
//! the pages, return `renew` from a page that every visitor passes, so that a cookie which the
//! script has written gets its time.
//!
//! # The cookie
//!
//! Its name is the name of the referral's own cookie with `_touches` behind it. Unless a
//! [`domain`](super::ReferralsBuilder::domain) is set, `__Host-` stands before it. Browsers accept
//! a `__Host-` cookie only from the host itself, with `Secure`, the path `/` and no `Domain`
//! (RFC 6265bis, section 4.1.3.2), so no other subdomain can write one.
//!
//! The cookie is `HttpOnly`, because no script needs it. It is kept for twice the window, 400 days at
//! most, so that the server can see that a referral is too old. Path, domain, consent,
//! `Cache-Control` and removal are those of the referral's own cookie. One difference: where a domain
//! is set, a companion that another subdomain has stored for another path or domain is not removed.
//! It proves no more than the next section says.
//!
//! # What it proves, and what it does not
//!
//! The cookie holds the keys and the times, a version, and a signature (HMAC-SHA256, cut to 128
//! bits). If the browser sends several companions, up to 64 signatures are checked, more than another
//! subdomain can make a browser send. The signature also covers the name and the domain of the cookie. So nobody can invent a
//! time, give the time of one link to another key, or use a cookie of another policy. It does not
//! prove more:
//!
//! - Everybody can follow their own link and gets a signed companion for their own key. From another
//!   subdomain they can store this companion in somebody else's browser if the cookie is shared by
//!   `Domain`; the referral's own cookie they can store in any case. The signature proves that
//!   somebody followed the link, not in which browser.
//! - The visitor can copy the cookie, keep an older one, or delete it. A deletion starts a new time,
//!   as a click on the link does.
//! - The cookie can be used again. Somebody who puts both cookies back after a sign-up has a referral
//!   again, for the rest of the window. There is no second credit, because a customer is created only
//!   once.
//!
//! # Example
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use http::{Method, Request, header};
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_partnero::capture::companion::SigningKeys;
//! use tower_partnero::{Outcome, Referrals};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (secret, secret_before) = ([7; 32], [8; 32]);
//! let keys = SigningKeys::new(secret)?.previous(secret_before)?; // from where the app keeps its secrets
//! let referrals = Referrals::builder().companion(keys).build()?;
//! let app = ServiceBuilder::new()
//!     .layer(referrals.layer())
//!     .service_fn(async |_: Request<()>| Ok::<_, tower::BoxError>(http::Response::new(())));
//!
//! let landing = Request::get("/?ref=anna-7").body(())?;
//! let response = app.oneshot(landing).await.map_err(|error| error.to_string())?;
//! let set = response.headers().get_all(header::SET_COOKIE).iter();
//! let pairs: Vec<_> = set.filter_map(|line| line.to_str().ok()?.split("; ").next()).collect();
//! assert!(pairs[0].starts_with("__Host-partnero_referral_touches="));
//! assert_eq!(pairs[1], "partnero_referral=anna-7");
//!
//! // A month later, although the browser still has the plain cookie.
//! let later = Request::get("/").header(header::COOKIE, pairs.join("; ")).body(())?;
//! let month = Duration::from_secs(30 * 24 * 60 * 60);
//! let context = referrals.evaluate_at(
//!     &Method::GET,
//!     later.uri(),
//!     later.headers(),
//!     SystemTime::now() + month,
//! );
//! assert_eq!(context.outcome, Outcome::Expired);
//! assert_eq!(context.last_touch().map(|touch| touch.key().as_str()), Some("anna-7"));
//! # Ok(())
//! # }
//! ```

pub(super) mod journey;
mod kept;
mod record;

pub(super) use self::kept::Companion;
pub use crate::signing::SigningKeys;
