//! Keeps a response that carries a visitor's cookie out of shared caches.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};

/// The settings of the policy about caches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CacheRules {
    /// Adds `no-store` to a response that gets a cookie.
    pub(crate) no_store: bool,
    /// Writes no cookie on a page that the app marked public.
    pub(crate) leave_public_pages: bool,
}

impl CacheRules {
    /// The rules for lines that remove a cookie: they go out on public pages as well.
    pub(crate) fn for_removal(self) -> Self {
        Self {
            leave_public_pages: false,
            ..self
        }
    }

    fn bare(self) -> HeaderValue {
        if self.no_store { STRICTEST } else { PRIVATE }
    }
}

const PRIVATE: HeaderValue = HeaderValue::from_static("private");
const STRICTEST: HeaderValue = HeaderValue::from_static("private, no-store");

/// Makes the response private: adds `private`, and removes the directives that contradict it.
///
/// Everything else the app said (`max-age`, `no-store`, `no-cache` ...) stays, so that the
/// response is never cached longer or more widely than the app allowed.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the call would cost a response that says nothing about caches as much as the questions"
)]
pub(super) fn make_private(headers: &mut HeaderMap, rules: CacheRules) {
    let (mut is_overruled, mut is_said) = (false, false);
    // One pass over the few headers of a response costs less than a look-up.
    for name in headers.keys() {
        is_overruled |= overrules(name);
        is_said |= *name == CACHE_CONTROL;
    }
    // A CDN obeys its own header and does not look at `Cache-Control` then (RFC 9213, section 2.2).
    if is_overruled {
        remove_overruling(headers);
    }
    let private = if is_said {
        merged(headers, rules)
    } else {
        rules.bare()
    };
    // Fails only on a map that is full with thousands of headers, which no server would send.
    let _ = headers.try_insert(CACHE_CONTROL, private);
}

#[cold]
fn merged(headers: &HeaderMap, rules: CacheRules) -> HeaderValue {
    // A line that we cannot read may be read as public by a cache, so no cache may store it.
    merge(headers.get_all(CACHE_CONTROL), rules).unwrap_or(STRICTEST)
}

#[cold]
fn remove_overruling(headers: &mut HeaderMap) {
    let names = headers.keys().filter(|name| overrules(name));
    for name in names.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
}

/// Whether the app lets shared caches keep this response.
pub(super) fn is_public(headers: &HeaderMap) -> bool {
    let mut directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .flat_map(Directives::of);
    headers.keys().any(overrules)
        || directives
            .any(|directive| directive.is_some_and(|it| is_one_of(it, &["public", "s-maxage"])))
}

/// Whether caches in front of the server obey this header instead of `Cache-Control`: the headers
/// of RFC 9213 (`CDN-Cache-Control` and its vendor forms), and older ones of single vendors.
fn overrules(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("cdn-cache-control")
        || matches!(
            name,
            "surrogate-control" | "edge-control" | "x-accel-expires" | "x-litespeed-cache-control"
        )
}

/// `None` if a line cannot be read.
fn merge<'a>(
    lines: impl IntoIterator<Item = &'a HeaderValue>,
    rules: CacheRules,
) -> Option<HeaderValue> {
    let mut merged = b"private".to_vec();
    let mut no_store = !rules.no_store;
    for directive in lines.into_iter().flat_map(Directives::of) {
        let directive = directive?;
        // `private` with field names says less than the bare `private` that we write.
        if directive.is_empty() || is_one_of(directive, &["public", "s-maxage", "private"]) {
            continue;
        }
        no_store |= is_one_of(directive, &["no-store"]);
        merged.extend_from_slice(b", ");
        merged.extend_from_slice(directive);
    }
    if !no_store {
        merged.extend_from_slice(b", no-store");
    }
    HeaderValue::try_from(merged).ok()
}

fn is_one_of(directive: &[u8], names: &[&str]) -> bool {
    let name = directive
        .split(|&byte| byte == b'=')
        .next()
        .unwrap_or_default();
    names
        .iter()
        .any(|word| name.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// The directives of one line. A quoted string that never ends is `None`, because each cache may
/// read it in its own way.
struct Directives<'a>(&'a [u8]);

impl<'a> Directives<'a> {
    fn of(line: &'a HeaderValue) -> Self {
        Self(line.as_bytes())
    }
}

impl<'a> Iterator for Directives<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        // A comma inside of a quoted text ends no directive: `private="a, b"` (RFC 9110, section
        // 5.6.4).
        let (mut quoted, mut after_backslash) = (false, false);
        let end = self.0.iter().position(|&byte| {
            let backslash = quoted && !after_backslash && byte == b'\\';
            quoted ^= byte == b'"' && !after_backslash;
            after_backslash = backslash;
            byte == b',' && !quoted
        });
        let (directive, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        Some((!quoted).then(|| directive.trim_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
        }
        make_private(&mut headers, CacheRules::default());
        assert_eq!(headers.get_all(CACHE_CONTROL).iter().count(), 1);
        headers[CACHE_CONTROL].to_str().unwrap().to_owned()
    }

    #[test]
    fn merges_by_rule() {
        for (lines, merged) in [
            (&[][..], "private"),
            (&[""], "private"),
            (&["public, max-age=60"], "private, max-age=60"),
            (&["Public", "S-MaxAge=9, max-age=60"], "private, max-age=60"),
            (&["no-store"], "private, no-store"),
            (&["private"], "private"),
            (
                &["private=\"set-cookie, x\", no-cache"],
                "private, no-cache",
            ),
            (
                &["no-cache=\"a, public\""],
                "private, no-cache=\"a, public\"",
            ),
            (
                &["no-cache=\"a\\\", public\""],
                "private, no-cache=\"a\\\", public\"",
            ),
            (
                &["no-cache=\"a\\\\\", public"],
                "private, no-cache=\"a\\\\\"",
            ),
            (
                &["x=\\\"a, public\", max-age=1"],
                "private, x=\\\"a, public\", max-age=1",
            ),
            (&["max-age=1, x=\"open, public"], "private, no-store"),
            (&[" , ,must-revalidate,, "], "private, must-revalidate"),
        ] {
            assert_eq!(after(lines), merged, "{lines:?}");
        }
    }

    #[test]
    fn no_store_is_added_by_choice_and_once() {
        let rules = CacheRules {
            no_store: true,
            ..CacheRules::default()
        };
        for (line, merged) in [
            ("", "private, no-store"),
            ("public, max-age=60", "private, max-age=60, no-store"),
            ("No-Store", "private, No-Store"),
            ("x=\"open", "private, no-store"),
        ] {
            let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, line.parse().unwrap())]);
            make_private(&mut headers, rules);
            assert_eq!(headers[CACHE_CONTROL], merged, "{line}");
        }
        let mut headers = HeaderMap::new();
        make_private(&mut headers, rules);
        assert_eq!(headers[CACHE_CONTROL], "private, no-store");
    }

    #[test]
    fn a_public_page_is_told_by_what_the_app_says() {
        for (name, value, public) in [
            ("cache-control", "public", true),
            ("cache-control", "max-age=60, S-MaxAge = 60", true),
            ("cdn-cache-control", "max-age=60", true),
            ("surrogate-control", "max-age=60", true),
            ("cache-control", "max-age=60", false),
            ("cache-control", "no-cache=\"public\"", false),
            ("cache-control", "private, x=\"public", false),
            ("etag", "public", false),
        ] {
            let name = HeaderName::from_static(name);
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(is_public(&headers), public, "{headers:?}");
        }
    }

    #[test]
    fn headers_that_overrule_cache_control_go() {
        let mut headers = HeaderMap::new();
        for name in [
            "cdn-cache-control",
            "cloudflare-cdn-cache-control",
            "surrogate-control",
            "edge-control",
            "x-accel-expires",
            "x-litespeed-cache-control",
        ] {
            headers.insert(name, HeaderValue::from_static("max-age=600"));
        }
        headers.insert("etag", HeaderValue::from_static("\"1\""));
        make_private(&mut headers, CacheRules::default());
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["etag"], "\"1\"");
        assert_eq!(headers[CACHE_CONTROL], "private");
    }
}
