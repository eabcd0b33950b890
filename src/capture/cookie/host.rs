//! The host of a request, and whether browsers there store a cookie for a domain.

use http::HeaderMap;
use http::header::{HOST, HeaderName};

use super::super::head::RequestHead;

static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// `Host` may be forged. That is harmless: only the sender's own browser sees the cookie lines that
/// are made from it.
pub(crate) fn host_of<'a>(request: &RequestHead<'a>) -> Option<&'a str> {
    request
        .uri
        .host()
        // HTTP/2 has the host in the URI (`:authority`), HTTP/1.1 in `Host`.
        .or_else(|| named_by(request.headers, &HOST))
}

/// Whether browsers refuse a cookie for this domain from the host that was asked (RFC 6265, section
/// 5.3, step 6). A proxy may have put its own name into `Host`, so `X-Forwarded-Host` is believed as
/// well. A request that names no host is not judged.
pub(super) fn is_outside(domain: &str, request: &RequestHead<'_>) -> bool {
    let is_outside = |host: &str| !host.is_empty() && !is_within(host, domain);
    // The first of several names is the one that the browser asked for.
    let forwarded = named_by(request.headers, &X_FORWARDED_HOST);
    let forwarded = forwarded.and_then(|hosts| hosts.split(',').next());
    host_of(request).is_some_and(is_outside) && forwarded.is_none_or(is_outside)
}

/// What the header names, without a port.
fn named_by<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let host = headers.get(name)?.to_str().ok()?;
    // A port follows. The first part of an IPv6 address is no host name, and no domain covers it,
    // either.
    host.split(':').next()
}

/// Whether the host is the domain or lies below it (RFC 6265, section 5.1.3).
fn is_within(host: &str, domain: &str) -> bool {
    let host = host.as_bytes();
    let start = host.len().checked_sub(domain.len());
    start.is_some_and(|start| {
        host[start..].eq_ignore_ascii_case(domain.as_bytes())
            // Only whole labels count: `notshop.example` is not below `shop.example`.
            && (start == 0 || host[start - 1] == b'.')
    })
}
