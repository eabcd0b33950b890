//! Finds the cookies of one name in the `Cookie` lines of a request.

use http::header::{COOKIE, HeaderMap};
use memchr::{memchr, memmem};

/// The name of a cookie, prepared for the search.
///
/// The search looks for the name first, and for the borders of its pair only where the name stands.
/// So a long line of other cookies costs less than one instruction a byte.
pub(crate) struct CookieName(memmem::Finder<'static>);

impl CookieName {
    pub(crate) fn new(name: &str) -> Self {
        Self(memmem::Finder::new(name).into_owned())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.needle()
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
    #[inline]
    pub(super) fn values_in<'a>(&'a self, line: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + 'a {
        let name = self.as_bytes();
        let mut searched = 0;
        // `find_iter` would copy the whole finder for each line.
        let starts = std::iter::from_fn(move || {
            let start = searched + self.0.find(line.get(searched..)?)?;
            // An empty name is found everywhere; the search must go on behind it.
            searched = start + name.len().max(1);
            Some(start)
        });
        starts.filter_map(move |start| {
            let before = line[..start].trim_ascii_end();
            if !matches!(before.last(), None | Some(b';')) {
                return None;
            }
            let after = line[start + name.len()..].trim_ascii_start();
            let value = after.strip_prefix(b"=")?;
            let end = memchr(b';', value).unwrap_or(value.len());
            Some(value[..end].trim_ascii())
        })
    }
}
