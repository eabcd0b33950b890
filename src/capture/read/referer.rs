//! Finds a key that an earlier response could not store, in the `Referer` of a later request.
//!
//! A landing page that came from a cache, or that the browser fetched ahead, wrote no cookie.
//! The visitor's next request from that page still carries the address of the page, and in the
//! address the key.

use http::header::{HeaderMap, REFERER};

use super::super::allow::{Origins, says_same_origin};
use super::link::Links;
use crate::referral::ReferralKey;

/// The key in the address of the page before, if that was a page of the app's own.
///
/// The origin is compared even where the browser says `same-origin`: a page that is reloaded
/// keeps the `Referer` of its first request.
#[inline(never)]
pub(crate) fn key_in_referer(
    headers: &HeaderMap,
    own: &Origins,
    links: &Links,
) -> Option<ReferralKey> {
    let (origin, path, query) = split_url(headers.get(REFERER)?.to_str().ok()?)?;
    // Both are asked, because old browsers send no `Sec-Fetch-Site`, and a redirect over another
    // site makes it `cross-site`.
    if !own.contains(origin.as_bytes()) || says_same_origin(headers) == Some(false) {
        return None;
    }
    links.read(Some(query), || path).key
}

/// The origin, the path and the query of an absolute URL.
fn split_url(url: &str) -> Option<(&str, &str, &str)> {
    // A browser sends no fragment here; another client may.
    let url = url.split('#').next()?;
    let (before_query, query) = url.split_once('?').unwrap_or((url, ""));
    let authority = before_query.find("://")? + "://".len();
    let end = before_query[authority..]
        .find('/')
        .map_or(before_query.len(), |slash| authority + slash);
    let (origin, path) = before_query.split_at(end);
    Some((origin, path, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_what_a_browser_sends() {
        for (url, parts) in [
            (
                "https://shop.example/?ref=K",
                Some(("https://shop.example", "/", "ref=K")),
            ),
            (
                "https://shop.example?ref=K",
                Some(("https://shop.example", "", "ref=K")),
            ),
            (
                "http://[::1]:80/a/b?x#?ref=K",
                Some(("http://[::1]:80", "/a/b", "x")),
            ),
            (
                "https://a@shop.example/?ref=K",
                Some(("https://a@shop.example", "/", "ref=K")),
            ),
            (
                "https://shop.example/ref/K",
                Some(("https://shop.example", "/ref/K", "")),
            ),
            (
                "https://shop.example/#?ref=K",
                Some(("https://shop.example", "/", "")),
            ),
            ("https://a.b/ref/K", Some(("https://a.b", "/ref/K", ""))),
            ("http://a", Some(("http://a", "", ""))),
            ("/?ref=K", None),
            ("about:blank?ref=K", None),
            ("", None),
        ] {
            assert_eq!(split_url(url), parts, "{url}");
        }
    }
}
