//! The `Set-Cookie` lines for a response, and how they get into its headers.

use std::fmt;
use std::sync::Arc;

use http::header::{GetAll, HeaderMap, HeaderValue, REFERRER_POLICY, SET_COOKIE};
use http::{Extensions, Response};

use super::cache::{self, CacheRules};

/// The `Set-Cookie` line of our own cookie, in printable ASCII.
///
/// It becomes a `HeaderValue` only when it is appended. A `HeaderValue` is more than twice as large,
/// and the response future of every request needs room for it.
pub(crate) type Line = Box<[u8]>;

/// The same line for a place where its size does not matter. Never `None`, because our lines are
/// printable ASCII.
#[inline]
pub(crate) fn header_value(line: Line) -> Option<HeaderValue> {
    HeaderValue::try_from(line.into_vec()).ok()
}

/// The line of our cookie, the lines beside it, and what is said to caches.
#[derive(Clone)]
pub(crate) struct CookieLines {
    line: Line,
    /// Boxed, because this moves with every request, and few requests have more than one line.
    more: Option<Box<More>>,
    rules: CacheRules,
}

#[derive(Clone, Default)]
struct More {
    /// Most of these lines depend on the settings alone, and a clone of a `HeaderValue` costs no
    /// allocation.
    beside: Vec<HeaderValue>,
    hides_address: bool,
    watcher: Option<Arc<dyn LinesWatcher>>,
}

/// Learns whether a response took the lines. It is dropped as soon as that is certain, also where
/// no response comes.
pub(crate) trait LinesWatcher: Send + Sync {
    /// Is called before the drop if the response is a public page, which takes no cookie.
    fn page_stays_public(&mut self);
}

impl CookieLines {
    pub(crate) fn new(line: Line, rules: CacheRules) -> Self {
        Self {
            line,
            more: None,
            rules,
        }
    }

    /// Adds lines that go before ours, so that a browser which takes two cookies for one ends
    /// with ours.
    pub(crate) fn beside(mut self, lines: impl IntoIterator<Item = HeaderValue>) -> Self {
        for line in lines {
            self.more().beside.push(line);
        }
        self
    }

    /// Keeps the page's address, and the key in it, out of the `Referer` of the next request.
    pub(crate) fn hiding_address(mut self) -> Self {
        self.more().hides_address = true;
        self
    }

    pub(crate) fn watched_by(mut self, watcher: Arc<dyn LinesWatcher>) -> Self {
        self.more().watcher = Some(watcher);
        self
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Keeps the response out of shared caches, then appends the lines.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the lines would be moved once more, for twenty instructions"
    )]
    pub(crate) fn append_to(self, headers: &mut HeaderMap) {
        // Before the lines: if the map is full after this, no cookie gets into a public response.
        cache::make_private(headers, self.rules);
        if let Some(more) = self.more {
            more.append_to(headers);
        }
        // Behind the removals: some clients take lines for several paths for one cookie, and obey the last of them (curl 7.88).
        if let Some(line) = header_value(self.line) {
            append(headers, line);
        }
    }

    /// As [`append_to`](Self::append_to), for lines that are needed once more.
    pub(super) fn append_copies_to(&self, headers: &mut HeaderMap) {
        cache::make_private(headers, self.rules);
        if let Some(more) = &self.more {
            more.append_copies_to(headers);
        }
        if let Ok(line) = HeaderValue::from_bytes(&self.line) {
            append(headers, line);
        }
    }

    /// As [`append_to`](Self::append_to), but does nothing in two cases:
    ///
    /// - The handler has set or removed the cookie itself. A sign-up on the page that the link led
    ///   to has just used the referral, and the layer must not store it again.
    /// - The response is a public page, and the policy leaves such pages as they are.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the lines would be moved once more, for twenty instructions"
    )]
    pub(crate) fn offer_to(mut self, headers: &mut HeaderMap) {
        let is_left = self.rules.leave_public_pages && self.leave_public_page(headers);
        if !is_left && !self.is_named_in(headers) {
            self.append_to(headers);
        }
    }

    /// Whether the response is a public page. The watcher learns it.
    #[cold]
    fn leave_public_page(&mut self, headers: &HeaderMap) -> bool {
        let mut watcher = self.more.as_mut().and_then(|more| more.watcher.take());
        // Asked of the finished response, because a middleware inside of the layer may set
        // `Cache-Control`.
        let is_public = cache::is_public(headers);
        if is_public && let Some(watcher) = watcher.as_mut().and_then(Arc::get_mut) {
            watcher.page_stays_public();
        }
        is_public
    }

    /// Appends the lines again, unless they are still there or the handler has set the cookie
    /// itself. Keeps a response that has the lines out of shared caches.
    fn restore_in(self, headers: &mut HeaderMap) {
        let mut set = headers.get_all(SET_COOKIE).iter();
        // The line has arrived, but what came after may have made the page public again.
        if set.any(|line| *line.as_bytes() == *self.line) {
            cache::make_private(headers, self.rules);
            if self.more.is_some_and(|more| more.hides_address) {
                hide_address(headers);
            }
        } else if !self.is_named_in(headers) {
            self.append_to(headers);
        }
    }

    /// Leaves the lines with a response for [`restore_promised`], behind
    /// [`append_copies_to`](Self::append_copies_to).
    pub(super) fn promise_in(self, extensions: &mut Extensions) {
        let before = extensions.remove::<PromisedLines>().map(Box::new);
        let lines = self;
        extensions.insert(PromisedLines { lines, before });
    }

    /// Whether the response has a line for the same cookie.
    #[inline]
    fn is_named_in(&self, headers: &HeaderMap) -> bool {
        // Most responses set no cookie. One pass over their few names sees it with less work than a
        // look-up.
        headers.keys().any(|name| *name == SET_COOKIE)
            && self.is_among(&headers.get_all(&SET_COOKIE))
    }

    fn is_among(&self, set: &GetAll<'_, HeaderValue>) -> bool {
        let name = self.line.split_inclusive(|&byte| byte == b'=').next();
        let name = name.unwrap_or_default();
        set.iter().any(|line| line.as_bytes().starts_with(name))
    }
}

impl More {
    #[cold]
    fn append_to(self, headers: &mut HeaderMap) {
        for line in self.beside {
            append(headers, line);
        }
        if self.hides_address {
            hide_address(headers);
        }
    }

    fn append_copies_to(&self, headers: &mut HeaderMap) {
        for line in &self.beside {
            append(headers, line.clone());
        }
        if self.hides_address {
            hide_address(headers);
        }
    }
}

/// The lines that a handler's response part has appended, kept in the response's extensions, and
/// those that an earlier part has appended before.
///
/// In axum an array of headers replaces what stands there already: behind `Spent`, a
/// `[(SET_COOKIE, session)]` would take the removal away again, and a `[(CACHE_CONTROL, "public")]`
/// would let a shared cache give one visitor's cookie to all. So the layer restores both.
#[derive(Clone)]
struct PromisedLines {
    lines: CookieLines,
    before: Option<Box<PromisedLines>>,
}

/// Appends the promised lines that are gone. Where two parts set one cookie, the last part counts,
/// as the last line would count in the browser.
pub(crate) fn restore_promised<B>(response: &mut Response<B>) {
    let mut promised = response.extensions_mut().remove::<PromisedLines>();
    // The line that was promised last counts. It is put back first, and `is_named_in` then keeps
    // the earlier lines of the same cookie out.
    while let Some(PromisedLines { lines, before }) = promised {
        lines.restore_in(response.headers_mut());
        promised = before.map(|before| *before);
    }
}

/// Prints no values, which say who the visitor is.
impl fmt::Debug for CookieLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieLines")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

fn append(headers: &mut HeaderMap, line: HeaderValue) {
    // Fails only on a map that is full with thousands of headers.
    let _ = headers.try_append(SET_COOKIE, line);
}

/// Asks the browser to send no path and query in the next `Referer`. The browser obeys this also
/// when it follows a redirect (Fetch standard, section 4.4).
fn hide_address(headers: &mut HeaderMap) {
    const HIDE: [&str; 3] = ["no-referrer", "origin", "strict-origin"];
    const SHOW: [&str; 5] = [
        "no-referrer-when-downgrade",
        "same-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ];
    let is_among = |policies: &[&str], said: &str| {
        let mut policies = policies.iter();
        policies.any(|policy| policy.eq_ignore_ascii_case(said))
    };
    let said = headers.get_all(REFERRER_POLICY).iter();
    let said = said.filter_map(|line| line.to_str().ok());
    let said = said.flat_map(|line| line.split(',').map(str::trim));
    // Of several policies browsers obey the last one that they know (Referrer Policy, section 8.1).
    let hides = said.rev().find_map(|policy| {
        let hides = is_among(&HIDE, policy);
        (hides || is_among(&SHOW, policy)).then_some(hides)
    });
    if hides != Some(true) {
        let _ = headers.try_insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;
    use http::header::CACHE_CONTROL;

    fn lines() -> CookieLines {
        CookieLines::new(Line::from(*b"ours=K; Path=/"), CacheRules::default())
            .beside([HeaderValue::from_static("ours=; Path=/shop; Max-Age=0")])
    }

    #[test]
    fn ours_is_the_last_line_of_a_private_response() {
        let mut headers = HeaderMap::new();
        headers.insert(SET_COOKIE, HeaderValue::from_static("theirs=1"));
        lines().offer_to(&mut headers);
        let set: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
        assert_eq!(
            set,
            ["theirs=1", "ours=; Path=/shop; Max-Age=0", "ours=K; Path=/"]
        );
        assert_eq!(headers[CACHE_CONTROL], "private");
    }

    #[test]
    fn the_last_place_of_a_full_response_makes_it_private() {
        let mut headers = HeaderMap::new();
        let name = |number: u32| HeaderName::try_from(format!("x-{number}")).unwrap();
        let filled = (0..100_000).find(|&number| {
            let value = HeaderValue::from_static("");
            headers.try_append(name(number), value).is_err()
        });
        headers.remove(name(filled.unwrap() - 1));
        lines().append_to(&mut headers);
        assert_eq!(headers[CACHE_CONTROL], "private");
        assert!(!headers.contains_key(SET_COOKIE));
    }

    #[test]
    fn what_is_printed_names_no_key() {
        assert!(!format!("{:?}", lines()).contains("ours"));
    }
}
