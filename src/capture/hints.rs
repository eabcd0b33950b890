//! The mistakes of a developer that lose referrals. Each is told once for each handle, as an error
//! event.

use std::sync::atomic::{AtomicBool, Ordering};

use super::cookie::{CookieTemplate, host_of};
use super::head::RequestHead;

/// Which of the mistakes were told. Each is told once: otherwise every visitor with a link would
/// cause the same event again.
#[derive(Debug, Default)]
pub(super) struct Hints {
    outside_layer: AtomicBool,
    outside_domain: AtomicBool,
}

impl Hints {
    /// A handler received a link that did not pass the layer.
    pub(super) fn outside_layer(&self, cookie: &CookieTemplate) {
        if !self.outside_layer.swap(true, Ordering::Relaxed) {
            tracing::error!(
                cookie = cookie.name(),
                "a referral link came to a handler, but not through the layer, so no cookie stores it: \
                 an axum router applies a layer only to the routes that were added before it, so \
                 write `.layer(referrals.layer())` below all routes; put the layer inside every \
                 middleware that changes the address of a request; code that runs before the layer \
                 asks by `Referrals::evaluate`"
            );
        }
    }

    /// The layer writes a cookie that browsers refuse from this host.
    pub(super) fn outside_domain(&self, cookie: &CookieTemplate, request: &RequestHead<'_>) {
        if !self.outside_domain.swap(true, Ordering::Relaxed) {
            tracing::error!(
                cookie = cookie.name(),
                domain = cookie.domain(),
                host = host_of(request),
                "browsers refuse the referral cookie, because the host of this request is neither \
                 its domain nor below it: write a domain that covers the host in `.domain(...)`, or \
                 leave the setting out; let a proxy pass the visitor's host on in `Host` or \
                 `X-Forwarded-Host`"
            );
        }
    }
}
