//! Partnero's browser script, as a tag for your pages.
//!
//! The server sees a visitor who lands by a link; only Partnero's own script counts the *click*
//! (no endpoint for it is known). An app that wants both adds this tag to its pages. It prepares
//! the command queue `po`, under which calls wait until the script has arrived, loads the script
//! asynchronously, and names the program.
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
//! The tag is HTML already, so a template must not escape it: `PreEscaped(tag.to_string())` in
//! maud, `{{ tag|safe }}` in askama and minijinja.
//!
//! # Under a policy
//!
//! [`Snippet::csp_sources`] says what `script-src` and `connect-src` have to allow. Beyond that:
//!
//! - A page that calls a [`CaptureEndpoint`](crate::capture::CaptureEndpoint) of its own needs
//!   `'self'` in `connect-src`, as above.
//! - With `'strict-dynamic'` in `script-src`, browsers that know it go by nonces and hashes alone.
//!   They ignore the origins there, and let an allowed script add others to the page by the DOM
//!   (CSP level 3, section 8.2), as this tag adds Partnero's. The origins do no harm there and serve
//!   older browsers; in `connect-src` they still count.
//! - `require-trusted-types-for 'script'` (Trusted Types) blocks the tag, because it assigns a
//!   string to a script's `src`. A policy of the page's own named `default`, whose
//!   `createScriptURL` returns such an address unchanged if its origin is one of `csp_sources`,
//!   lets it through; where the page has the directive `trusted-types`, that has to name `default`.
//!   Whether everything in Partnero's script gets by with that has not been tried.
//!
//! # Consent
//!
//! Partnero's script has no mode in which it keeps nothing, and a plain tag loads it at once: it
//! does not ask the policy's [`consent`](crate::capture::ReferralsBuilder::consent), which is about
//! the server's cookie. [`Snippet::after_consent`] renders a tag that sends nothing and stores
//! nothing until the page says that the visitor agrees:
//!
//! ```js
//! window.partneroConsent = true;
//! document.dispatchEvent(new Event("partnero:consent"));
//! ```
//!
//! The event reaches a tag that waits already. The variable is for a tag that comes later in the
//! page: it loads at once where `window.partneroConsent === true`. Calls to `po` before that wait
//! in the queue, in the page's memory.
//!
//! Both are forgotten with the page, so the next one has to say it again. Where the server knows
//! the answer, it renders the plain tag:
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
//! A policy without `.consent(...)` grants to everybody. Such pages differ from visitor to visitor:
//! keep them out of shared caches, or return [`Referrals::vary`](crate::Referrals::vary) with them.
//!
//! To try a page without Partnero's script, render [`Sandbox::snippet`](crate::Sandbox::snippet).
//!
//! # Beside the layer
//!
//! The script writes the same cookie, `partnero_referral`, for the host of the page alone. It
//! must be able to read ours, so keep [`http_only`](crate::capture::ReferralsBuilder::http_only)
//! off.

mod address;
mod script;
mod tag;

pub use self::tag::{Snippet, Tag};
