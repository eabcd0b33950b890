//! Which requests may write the cookie: those of a person who opens a page. The docs of
//! [`NotStored`] list the headers, and say what happens where a browser does not send them.

use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::origin::says_same_origin;
use crate::context::NotStored;

static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The requests that count as a visitor's navigation under this policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Navigation {
    /// A `fetch` by a script of the app's own page counts too: htmx and Turbo get the next page so.
    pub(crate) by_fetch: bool,
}

impl Navigation {
    /// Why this request may not write the cookie; `None` if it may.
    pub(crate) fn veto(self, method: &Method, headers: &HeaderMap) -> Option<NotStored> {
        // A form that another site posts is a navigation as well, and nobody follows a link by
        // `POST`.
        if method != Method::GET {
            return Some(NotStored::Method);
        }
        self.veto_of_headers(headers)
    }

    /// As [`veto`](Self::veto), for every method.
    pub(crate) fn veto_of_headers(self, headers: &HeaderMap) -> Option<NotStored> {
        let mut veto = None;
        // One pass over the few headers of a request costs less than a look-up of each name.
        for (name, value) in headers {
            match name.as_str() {
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz" | "x-sec-purpose"
                    if is_speculative(value) =>
                {
                    return Some(NotStored::Speculative);
                }
                "hx-preloaded" if value == "true" => return Some(NotStored::Speculative),
                "sec-fetch-mode" if !self.is_navigation(value, headers) => {
                    veto = Some(NotStored::NoNavigation);
                }
                // A WebSocket is opened by a script, also where a browser does not say so by `Sec-Fetch-Mode`.
                "upgrade" => veto = Some(NotStored::NoNavigation),
                // A frame is a navigation too, but any page can put ours into a frame of no size.
                "sec-fetch-dest" if is_frame(value) => veto = veto.or(Some(NotStored::Embedded)),
                _ => {}
            }
        }
        veto
    }

    /// As [`veto`](Self::veto), for a request that a script or a form of the app's own page sends.
    /// Such a request is no navigation; but the page may be fetched ahead, or be in a frame.
    pub(crate) fn veto_of_own_page(self, headers: &HeaderMap) -> Option<NotStored> {
        let veto = self.veto_of_headers(headers);
        veto.filter(|veto| *veto != NotStored::NoNavigation)
    }

    fn is_navigation(self, mode: &HeaderValue, headers: &HeaderMap) -> bool {
        mode == "navigate"
            || (self.by_fetch
                && matches!(mode.as_bytes(), b"cors" | b"same-origin")
                && says_same_origin(headers) == Some(true)
                && headers
                    .get(&SEC_FETCH_DEST)
                    .is_some_and(|dest| dest == "empty"))
    }
}

/// Whether a page loads this page into itself. Other destinations of a navigation are whole pages: a
/// service worker that passes on the request of its own page turns `document` into `empty`
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
        let navigation = Navigation { by_fetch: false };
        navigation.veto(&Method::GET, &headers.collect())
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
            ("x-sec-purpose", "prefetch"),
            ("hx-preloaded", "true"),
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
            let veto = Navigation { by_fetch: true }.veto(&method, &HeaderMap::new());
            assert_eq!(veto, Some(NotStored::Method));
        }
    }
}
