//! Partnero's script in the browser, as a tag for your pages.
//!
//! Only Partnero's own script counts *clicks* on links; no endpoint for that is known. An app that
//! wants its clicks counted adds this tag to its pages. The tag defines the command queue `po`, in
//! which calls wait until the script has arrived, loads the script without holding up the page, and
//! names the program.
//!
//! # Example
//!
//! ```
//! use maud::{PreEscaped, html};
//! use tower_partnero::Snippet;
//!
//! let snippet = Snippet::new("RW5B2TZ7")?; // once, in the app's state
//!
//! let nonce = "rAnd0m"; // a new one for each page
//! let tag = snippet.with_nonce(nonce)?;
//! let page = html! {
//!     title { "Tea" }
//!     (PreEscaped(tag.to_string()))
//! };
//! assert!(page.into_string().contains("<script nonce=\"rAnd0m\">"));
//!
//! let sources = snippet.csp_sources();
//! let policy = format!("script-src 'nonce-{nonce}' {sources}; connect-src 'self' {sources}");
//! assert_eq!(
//!     policy,
//!     "script-src 'nonce-rAnd0m' https://app.partnero.com https://assets.partnero.com; \
//!      connect-src 'self' https://app.partnero.com https://assets.partnero.com",
//! );
//! # Ok::<_, tower_partnero::ConfigError>(())
//! ```
//!
//! The tag is HTML, so a template must not escape it: write `PreEscaped(tag.to_string())` in maud,
//! `{{ tag|safe }}` in askama and minijinja.
//!
//! # Under a policy
//!
//! [`Snippet::csp_sources`] has the origins that `script-src` and `connect-src` must allow. Beyond
//! that:
//!
//! - A page that calls the app's [`CaptureEndpoint`](crate::capture::CaptureEndpoint) needs
//!   `'self'` in `connect-src`, as above.
//! - With `'strict-dynamic'` in `script-src`, browsers that know it ignore the origins there. They
//!   allow the scripts that an allowed script adds to the page (CSP level 3, section 8.2), and this
//!   tag adds Partnero's script that way. Keep the origins for older browsers. In `connect-src`
//!   they count in all browsers.
//! - `require-trusted-types-for 'script'` (Trusted Types) blocks the tag, because the tag assigns a
//!   string to the `src` of a script. To allow it, give the page a Trusted Types policy named
//!   `default` whose `createScriptURL` returns the address unchanged if its origin is one of
//!   `csp_sources`. If the page has the directive `trusted-types`, the directive must name
//!   `default`. Nobody has tried whether all of Partnero's script works under that policy.
//!
//! # Consent
//!
//! A plain tag loads Partnero's script at once, and the script stores things in the browser. It
//! does not ask [`ReferralsBuilder::consent`](crate::capture::ReferralsBuilder::consent), which is
//! about the server's cookie alone. [`Snippet::after_consent`] makes a tag that sends and stores
//! nothing until the page says that the visitor agrees:
//!
//! ```js
//! window.partneroConsent = true;
//! document.dispatchEvent(new Event("partnero:consent"));
//! ```
//!
//! The event is for a tag that is waiting in the page. The variable is for a tag that comes later
//! in the page. Calls of `po` wait in the page's memory until then.
//!
//! Neither outlives the page, so each page has to say it again. If the server knows that the
//! visitor has agreed, it can write the plain tag:
//!
//! ```
//! use tower_partnero::context::Consent;
//! use tower_partnero::{ReferralContext, Snippet};
//!
//! fn tag(snippet: &Snippet, context: &ReferralContext) -> String {
//!     match context.consent {
//!         Consent::Granted => snippet.to_string(),
//!         _ => snippet.clone().after_consent().to_string(),
//!     }
//! }
//! ```
//!
//! Without `.consent(...)` in the policy, every visitor counts as having agreed. A page that
//! depends on the visitor's consent must stay out of shared caches, or return
//! [`Referrals::vary`](crate::Referrals::vary).
//!
//! To try a page without Partnero's script, use [`Sandbox::snippet`](crate::Sandbox::snippet).
//!
//! # Beside the layer
//!
//! Partnero's script writes the same cookie, `partnero_referral` or in an affiliate program
//! `partnero_partner`, for the page's own host. It reads
//! ours as well, so leave [`http_only`](crate::capture::ReferralsBuilder::http_only) off.

mod address;
mod script;
mod tag;

pub use self::tag::{Snippet, Tag};
