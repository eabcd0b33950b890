//! Finds the cookies of one name in the `Cookie` lines of a request.

use http::header::{COOKIE, HeaderMap};
use memchr::memchr;

use super::super::read::Needle;

/// The name of a cookie.
///
/// The search looks for the name first, and for the borders of its pair only where the name stands.
/// So a long line of other cookies costs less than one instruction a byte.
pub(crate) struct CookieName {
    needle: Needle,
    /// Whether a vectorised search for the end of a value takes less time than a look at its bytes.
    has_long_values: bool,
}

impl CookieName {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            needle: Needle::new(name),
            has_long_values: false,
        }
    }

    #[cfg(feature = "companion")]
    pub(super) fn expect_long_values(&mut self) {
        self.has_long_values = true;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.needle.as_bytes()
    }

    /// The raw values in all lines, in the order the browser sent them.
    pub(crate) fn values<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = &'a [u8]> + 'a {
        // A browser may split its cookies over several lines in HTTP/2 (RFC 9113, section 8.2.3).
        let lines = headers.get_all(COOKIE).iter();
        lines.flat_map(|line| self.values_in(line.as_bytes()))
    }

    /// The raw values in one line: neither unquoted nor decoded.
    fn values_in<'a>(&'a self, line: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + 'a {
        let mut searched = 0;
        let starts = std::iter::from_fn(move || {
            let start = self.start_in(line, searched)?;
            searched = self.behind(start);
            Some(start)
        });
        starts.filter_map(move |start| self.value_at(line, start))
    }

    /// Where the name stands first in the line, at or behind `from`, as the name of a pair or not.
    #[inline]
    pub(super) fn start_in(&self, line: &[u8], from: usize) -> Option<usize> {
        self.needle.find(line, from)
    }

    /// Where the search goes on behind a name that starts here.
    #[inline]
    pub(super) fn behind(&self, start: usize) -> usize {
        // An empty name is found everywhere.
        start + self.as_bytes().len().max(1)
    }

    /// The value of the pair whose name starts here, if it is a pair of this name.
    #[inline]
    pub(super) fn value_at<'a>(&self, line: &'a [u8], start: usize) -> Option<&'a [u8]> {
        let before = line[..start].trim_ascii_end();
        // The name may also stand inside a value or at the end of a longer name.
        if !matches!(before.last(), None | Some(b';')) {
            return None;
        }
        let after = line[start + self.as_bytes().len()..].trim_ascii_start();
        let value = after.strip_prefix(b"=")?;
        let end = if self.has_long_values {
            memchr(b';', value)
        } else {
            value.iter().position(|&byte| byte == b';')
        };
        let end = end.unwrap_or(value.len());
        // Blanks around a value belong to no cookie (RFC 6265, section 5.2). Some clients send
        // them.
        Some(value[..end].trim_ascii())
    }
}
