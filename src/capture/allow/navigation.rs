//! Which requests may write the cookie: only a person's own navigation. [`NotStored`] says by
//! which headers, and what follows where they are absent.

use http::Method;
use http::header::{HeaderMap, HeaderValue};

use crate::context::NotStored;

/// Why this request may not write the cookie; `None` if it may.
pub(crate) fn veto(method: &Method, headers: &HeaderMap) -> Option<NotStored> {
    if method != Method::GET {
        return Some(NotStored::Method);
    }
    veto_of_headers(headers)
}

/// As [`veto`], whatever the method.
pub(crate) fn veto_of_headers(headers: &HeaderMap) -> Option<NotStored> {
    let mut veto = None;
    // One pass over the few headers of a request is cheaper than a look-up of each of these.
    for (name, value) in headers {
        match name.as_str() {
            "sec-purpose" | "purpose" | "x-purpose" | "x-moz" if is_speculative(value) => {
                return Some(NotStored::Speculative);
            }
            "sec-fetch-mode" if value != "navigate" => veto = Some(NotStored::NoNavigation),
            "upgrade" => veto = Some(NotStored::NoNavigation),
            "sec-fetch-dest" if is_frame(value) => veto = veto.or(Some(NotStored::Embedded)),
            _ => {}
        }
    }
    veto
}

/// As [`veto`], for what a script or a form of the app's own page sends: it is no navigation, but
/// the page that sends it may not be seen yet, or stand in a frame.
pub(crate) fn veto_of_own_page(headers: &HeaderMap) -> Option<NotStored> {
    veto_of_headers(headers).filter(|veto| *veto != NotStored::NoNavigation)
}

/// What a page can load another page into. Other destinations of a navigation are no parts of a
/// page: a service worker that passes its own page's request on turns `document` into `empty`
/// (<https://github.com/w3c/ServiceWorker/issues/1803>).
fn is_frame(dest: &HeaderValue) -> bool {
    matches!(
        dest.as_bytes(),
        b"iframe" | b"frame" | b"embed" | b"object" | b"fencedframe"
    )
}

/// `Sec-Purpose` is a list with parameters, such as `prefetch;prerender`.
fn is_speculative(value: &HeaderValue) -> bool {
    let mut words = value.as_bytes().split(|byte| b",; ".contains(byte));
    words.any(|word| {
        [&b"prefetch"[..], b"prerender", b"preview"]
            .iter()
            .any(|speculative| word.eq_ignore_ascii_case(speculative))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn vetoed(headers: &[(&'static str, &'static str)]) -> Option<NotStored> {
        let headers = headers.iter().map(|&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        veto(&Method::GET, &headers.collect())
    }

    #[test]
    fn a_persons_navigation_may_write() {
        for headers in [
            &[][..],
            &[
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            &[
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-user", "?1"),
            ],
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "empty")],
            &[("upgrade-insecure-requests", "1")],
            &[("sec-purpose", "")],
        ] {
            assert_eq!(vetoed(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn what_nobody_has_seen_may_not() {
        for header in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("sec-purpose", "prerender"),
            ("sec-purpose", "a,prefetch"),
            ("sec-purpose", "a; prefetch"),
            ("purpose", "prefetch"),
            ("purpose", "Prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert_eq!(
                vetoed(&[header]),
                Some(NotStored::Speculative),
                "{header:?}"
            );
        }
    }

    #[test]
    fn parts_of_a_page_may_not() {
        for dest in ["iframe", "frame", "embed", "object", "fencedframe"] {
            let headers = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)];
            assert_eq!(vetoed(&headers), Some(NotStored::Embedded), "{dest}");
        }
        for mode in ["no-cors", "cors", "same-origin", "websocket", ""] {
            assert_eq!(
                vetoed(&[("sec-fetch-mode", mode)]),
                Some(NotStored::NoNavigation),
                "{mode}"
            );
        }
        assert_eq!(
            vetoed(&[("upgrade", "websocket")]),
            Some(NotStored::NoNavigation)
        );
    }

    #[test]
    fn of_several_reasons_the_same_is_told_in_any_order() {
        let ahead = ("sec-purpose", "prefetch");
        let script = ("sec-fetch-mode", "no-cors");
        let frame = ("sec-fetch-dest", "object");
        for (one, other, reason) in [
            (ahead, script, NotStored::Speculative),
            (ahead, frame, NotStored::Speculative),
            (script, frame, NotStored::NoNavigation),
        ] {
            for headers in [[one, other], [other, one]] {
                assert_eq!(vetoed(&headers), Some(reason), "{headers:?}");
            }
        }
    }

    #[test]
    fn only_get_may() {
        for method in [Method::HEAD, Method::POST, Method::OPTIONS, Method::CONNECT] {
            assert_eq!(veto(&method, &HeaderMap::new()), Some(NotStored::Method));
        }
    }
}
