//! The `Set-Cookie` lines that a response is to carry, and how they get there.

use std::fmt;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use super::cache::{self, CacheRules};

/// The value of a `Set-Cookie` header, all of it printable ASCII. A `HeaderValue` is made of it only
/// when it is appended: that is more than twice as large, and the response future of every request
/// would have to hold room for it.
pub(super) type Line = Box<[u8]>;

/// The line of our cookie, those of the cookies beside it, and the manners of caches.
#[derive(Clone)]
pub(crate) struct CookieLines {
    line: Line,
    #[expect(
        clippy::box_collection,
        reason = "this moves with every request, and few have lines beside"
    )]
    beside: Option<Box<Vec<Line>>>,
    rules: CacheRules,
}

impl CookieLines {
    pub(super) fn new(line: Line, rules: CacheRules) -> Self {
        Self {
            line,
            beside: None,
            rules,
        }
    }

    /// Adds lines that go before ours, so that a browser which takes two cookies for one ends
    /// with ours.
    pub(super) fn beside(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        self.beside.get_or_insert_default().extend(lines);
        self
    }

    /// Keeps the response out of shared caches, and then appends the lines.
    pub(crate) fn append_to(self, headers: &mut HeaderMap) {
        // First, so that a map which is full after it takes no cookie into a public response.
        cache::make_private(headers, self.rules);
        if let Some(beside) = self.beside {
            beside.into_iter().for_each(|line| append(headers, line));
        }
        append(headers, self.line);
    }

    /// As [`append_to`](Self::append_to), unless the response says otherwise: the handler has set
    /// or removed the cookie itself (a sign-up on the very page the link led to must not leave
    /// the referral behind that it has just spent), or it is a public page that shall stay one.
    pub(super) fn offer_to(self, headers: &mut HeaderMap) {
        let is_ours = |line: &HeaderValue| self.is_of(line);
        if headers.contains_key(&SET_COOKIE) && headers.get_all(&SET_COOKIE).iter().any(is_ours) {
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
        let mut parts = self.line.split_inclusive(|&byte| byte == b'=');
        parts
            .next()
            .is_some_and(|start| line.as_bytes().starts_with(start))
    }
}

/// Without the values, which say who the visitor is.
impl fmt::Debug for CookieLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieLines")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

fn append(headers: &mut HeaderMap, line: Line) {
    // Neither fails: a line is printable ASCII, and only a map with thousands of headers is full.
    if let Ok(line) = HeaderValue::try_from(line.into_vec()) {
        let _ = headers.try_append(SET_COOKIE, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;
    use http::header::CACHE_CONTROL;

    fn lines() -> CookieLines {
        CookieLines::new(Line::from(*b"ours=K; Path=/"), CacheRules::default())
            .beside([Line::from(*b"ours=; Path=/shop; Max-Age=0")])
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
