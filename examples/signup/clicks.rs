//! Partnero's browser script. It counts the clicks on links, on the page that links lead to.

use axum::http::HeaderName;
use axum::http::header::CONTENT_SECURITY_POLICY;
use tower_partnero::context::Consent;
use tower_partnero::{ReferralContext, Snippet};

/// The tag for one answer, and the header that lets the browser run this tag, Partnero's scripts and
/// the shop's own, and nothing else.
pub(crate) struct Tag {
    pub(crate) html: String,
    pub(crate) policy: [(HeaderName, String); 1],
}

/// `None` if the system has no random numbers. The page then comes without the tag.
pub(crate) fn tag(snippet: &Snippet, visitor: &ReferralContext) -> Option<Tag> {
    let nonce = format!(
        "{:016x}{:016x}",
        getrandom::u64().ok()?,
        getrandom::u64().ok()?
    );
    let mut snippet = snippet.clone();
    if visitor.consent != Consent::Granted {
        snippet = snippet.after_consent();
    }
    let sources = snippet.csp_sources();
    let policy = format!(
        "default-src 'self'; base-uri 'none'; script-src 'self' 'nonce-{nonce}' {sources}; \
         connect-src 'self' {sources}"
    );
    Some(Tag {
        html: snippet.with_nonce(&nonce).ok()?.to_string(),
        policy: [(CONTENT_SECURITY_POLICY, policy)],
    })
}
