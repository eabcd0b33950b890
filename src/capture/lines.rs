//! The `Set-Cookie` lines that a response is to carry, and how they get there.

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use super::cache::{self, CacheRules};

/// The line of our cookie, those of the cookies beside it, and the manners of caches.
#[derive(Clone, Debug)]
pub(crate) struct CookieLines {
    line: HeaderValue,
    beside: Vec<HeaderValue>,
    rules: CacheRules,
}

impl CookieLines {
    pub(super) fn new(line: HeaderValue, rules: CacheRules) -> Self {
        Self {
            line,
            beside: Vec::new(),
            rules,
        }
    }

    /// Adds lines that go before ours, so that a browser which takes two cookies for one ends
    /// with ours.
    pub(super) fn beside(mut self, lines: impl IntoIterator<Item = HeaderValue>) -> Self {
        self.beside.extend(lines);
        self
    }

    /// Appends the lines and keeps the response out of shared caches.
    pub(crate) fn append_to(self, headers: &mut HeaderMap) {
        let mut appended = false;
        for line in self.beside.into_iter().chain([self.line]) {
            appended |= headers.try_append(SET_COOKIE, line).is_ok();
        }
        if appended {
            cache::make_private(headers, self.rules);
        }
    }

    /// As [`append_to`](Self::append_to), unless the response says otherwise: the handler has set
    /// or removed the cookie itself (a sign-up on the very page the link led to must not leave
    /// the referral behind that it has just spent), or it is a public page that shall stay one.
    pub(super) fn offer_to(self, headers: &mut HeaderMap) {
        let is_ours = |line: &HeaderValue| self.is_of(line);
        if headers.get_all(&SET_COOKIE).iter().any(is_ours) {
            return;
        }
        if self.rules.leave_public_pages && cache::is_public(headers) {
            #[cfg(feature = "tracing")]
            tracing::debug!("the page is public, no cookie is written");
            return;
        }
        self.append_to(headers);
    }

    /// Whether another line is about the same cookie.
    fn is_of(&self, line: &HeaderValue) -> bool {
        let mut parts = self.line.as_bytes().split_inclusive(|&byte| byte == b'=');
        parts
            .next()
            .is_some_and(|start| line.as_bytes().starts_with(start))
    }
}
