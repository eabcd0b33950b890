//! The companion: a signed cookie beside the referral's that knows when the links were followed.
//!
//! The referral's own cookie is plain, because Partnero's script shares it; how old it is only
//! the browser knows, by `Max-Age`, and whoever writes it again starts a new time. With
//! [`ReferralsBuilder::companion`](super::ReferralsBuilder::companion) the server keeps the time
//! itself, and checks the attribution window
//! ([`max_age`](super::ReferralsBuilder::max_age)) when it reads.
//!
//! # What it holds
//!
//! The first and the last touch: the key of the link, and the second in which it was followed. A
//! handler reads them by [`ReferralContext::first_touch`](crate::ReferralContext::first_touch) and
//! [`last_touch`](crate::ReferralContext::last_touch).
//!
//! | The referral's cookie | counts |
//! |---|---|
//! | is the touch that the companion knows (the last one, or the first one under [`FirstTouch`](crate::Attribution::FirstTouch)) | within the window from its time; after it the outcome is [`Expired`](crate::Outcome::Expired) |
//! | has another key than that | as a newer touch whose time nobody saw: Partnero's script wrote it |
//! | has no companion, or one that was not signed by us for this place | as a touch whose time nobody saw |
//! | is there several times, with different keys | by the key that the companion knows, if one of them is it and the companion is this host's alone; else the first one that is not too old |
//! | is not there | not at all: a companion alone brings no referral |
//!
//! A touch whose time nobody saw counts from now, so that no honest referral is lost with its
//! companion. It gets its time with the next thing that is written: by the next link that is
//! followed, also one with the same key, or by [`Referrals::renew`](super::Referrals::renew). A
//! renewal changes no time that is known, unless the page it comes from was reached by the link.
//! Where Partnero's script is on the pages, return it from a page that every visitor passes, so
//! that what the script has written gets its time, too.
//!
//! # The cookie
//!
//! Its name is the referral's with `_touches` behind it, and with `__Host-` before it unless a
//! [`domain`](super::ReferralsBuilder::domain) is set: browsers take a cookie of such a name only
//! from this very host, with `Secure`, the path `/` and no `Domain` (RFC 6265bis, section 4.1.3.2),
//! so no sibling host writes one. It is `HttpOnly`; scripts have no business with it. It lives for
//! twice the window, and for 400 days at most, so that what is too old is known to be so. Path,
//! domain, consent, `Cache-Control` and removal follow the referral's own cookie; only what a sibling
//! host has planted below other paths or domains, where a domain is set, stays: it proves no more
//! than below.
//!
//! # What it proves, and what it does not
//!
//! It holds the keys and the times, a version, and a signature (HMAC-SHA256, cut to 128 bits) over
//! them and over the cookie's name and domain. So nobody makes up a time, gives one link's time to
//! another key, or brings a cookie of another policy. More it cannot prove:
//!
//! - Whoever follows their own link gets a signed companion for their own key. From a sibling host
//!   they can plant the whole of it in another browser if the cookie is shared by `Domain`, and the
//!   plain cookie in any case. The signature says that the link was followed, not in which browser.
//! - The visitor can copy it, keep an older one, or delete it. A deletion starts a new time, as a
//!   click on the link does.
//! - It is not used up. Both cookies put back after a sign-up are a referral again, for the rest
//!   of the window; that a customer is created once is what forbids a second credit.
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
//! // A month later, whoever has kept the plain cookie alive.
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
