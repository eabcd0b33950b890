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
//! use tower_partnero::Snippet;
//!
//! let snippet = Snippet::new("RW5B2TZ7")?; // once, in the app's state
//!
//! let nonce = "rAnd0m"; // a new one for each page
//! let tag = snippet.with_nonce(nonce)?;
//! let html = format!("<!doctype html><title>Tea</title>{tag}<h1>Tea</h1>");
//! assert!(html.contains("<script nonce=\"rAnd0m\">"));
//!
//! let policy = format!("script-src 'nonce-{nonce}' {0}; connect-src {0}", snippet.csp_sources());
//! assert_eq!(
//!     policy,
//!     "script-src 'nonce-rAnd0m' https://app.partnero.com https://assets.partnero.com; \
//!      connect-src https://app.partnero.com https://assets.partnero.com",
//! );
//! # Ok::<_, tower_partnero::ConfigError>(())
//! ```
//!
//! # Consent
//!
//! Partnero's script has no mode in which it keeps nothing. [`Snippet::after_consent`] renders a
//! tag that sends nothing and stores nothing until the page says so:
//!
//! ```js
//! document.dispatchEvent(new Event("partnero:consent"));
//! ```
//!
//! Calls to `po` before that wait in the queue, in the page's memory.
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
