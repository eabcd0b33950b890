//! What a developer has to mend, each as one error event for each handle.

use std::sync::atomic::{AtomicBool, Ordering};

use super::cookie::{CookieTemplate, host_of};
use super::head::RequestHead;

/// Which hints were given. One is enough: visitors would repeat it with every link they follow.
#[derive(Debug, Default)]
pub(super) struct Hints {
    outside_layer: AtomicBool,
    outside_domain: AtomicBool,
}

impl Hints {
    /// A handler got a link that the layer has not captured.
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
