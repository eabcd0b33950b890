//! Finds a key that was skipped again, in the `Referer` of a later request.
//!
//! A landing page that came from a cache, or that the browser fetched ahead, wrote no cookie.
//! The visitor's next request from that page still carries its address, and in it the key.

use http::header::{HeaderMap, REFERER};

use super::super::allow::{Origins, says_same_origin};
use super::parameter::Parameter;
use super::reading::Reading;
use super::{link, path};

/// What the page before says, if it was a page of the app's own and its query, or else its path,
/// names a referral.
///
/// Its origin is compared even where the browser says `same-origin`: a page that is reloaded
/// keeps the `Referer` of its first request.
pub(crate) fn read(
    headers: &HeaderMap,
    own: &Origins,
    parameters: &[Parameter],
    path_segment: Option<&str>,
) -> Option<Reading> {
    let (origin, path, query) = split(headers.get(REFERER)?.to_str().ok()?)?;
    if !own.contains(origin.as_bytes()) || says_same_origin(headers) == Some(false) {
        return None;
    }
    let by_query = link::mentions(query, parameters).then(|| link::read(query, parameters));
    match path_segment {
        Some(segment) if by_query.as_ref().is_none_or(|query| query.key.is_none()) => {
            Some(path::read(path, segment))
        }
        _ => by_query,
    }
}

/// The origin, the path and the query of an absolute URL.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    // A browser sends no fragment; what comes from elsewhere may have one.
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
            assert_eq!(split(url), parts, "{url}");
        }
    }
}
