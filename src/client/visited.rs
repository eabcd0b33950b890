//! Which pages of a list were fetched, and whether the link to the next page may be followed.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use percent_encoding::percent_decode_str;

use super::base_url::BaseUrl;

/// Real links have a few hundred bytes. The queries of two links are compared pair by pair, which
/// would take minutes for links as long as an answer may be.
const LONGEST_LINK: usize = 8 * 1024;

/// A fingerprint of every page that was fetched, and how many pages may be fetched.
#[derive(Debug)]
pub(super) struct Visited {
    seen: HashSet<u64>,
    max_pages: usize,
}

impl Visited {
    pub(super) fn new(max_pages: usize) -> Self {
        Self {
            seen: HashSet::new(),
            max_pages,
        }
    }

    pub(super) fn with_max_pages(self, max_pages: usize) -> Self {
        Self { max_pages, ..self }
    }

    /// Notes the page at `path`.
    pub(super) fn pass(&mut self, path: &str) {
        self.seen.insert(fingerprint(path));
    }

    /// The path that `links.next` of the page at `path` leads to, or why it is not followed. The call
    /// carries the API key, so it goes to the base URL alone.
    pub(super) fn follow(
        &self,
        base_url: &BaseUrl,
        link: &str,
        path: &str,
    ) -> Result<String, &'static str> {
        // A link that grows with each page would make every request larger than the one before.
        if link.len() > LONGEST_LINK {
            return Err("the link to the next page is too long");
        }
        let Some(next) = base_url.below(link) else {
            return Err("the link to the next page leaves the base URL");
        };
        let next = keep_query(next, path);
        if self.seen.contains(&fingerprint(&next)) {
            return Err("the next page was fetched before");
        }
        if self.seen.len() >= self.max_pages {
            return Err("there are more pages than `max_pages`");
        }
        Ok(next)
    }
}

/// The same for paths whose queries differ only in order and encoding.
fn fingerprint(path: &str) -> u64 {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').map(percent_decode_str);
    let mut pairs: Vec<Vec<u8>> = pairs.map(Iterator::collect).collect();
    pairs.sort_unstable();
    let mut hasher = DefaultHasher::new();
    (path, pairs).hash(&mut hasher);
    hasher.finish()
}

/// Adds the query parameters of this page that the link leaves out. Whether Partnero's links repeat
/// filters and the limit is not documented. With another limit the next page would begin at
/// another item.
fn keep_query(mut next: String, path: &str) -> String {
    let pairs = |path: &str| {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
        pairs
    };
    let name = |pair: &str| {
        // Decoded, because `customer%5Bid%5D` and `customer[id]` are the same name.
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent_decode_str(name).collect::<Vec<u8>>()
    };
    let there: Vec<_> = pairs(&next).iter().map(|pair| name(pair)).collect();
    for pair in pairs(path) {
        // Only what the link left out is put back, such as a filter. The number of the page is the
        // link's own.
        if pair.is_empty() || name(&pair) == b"page" || there.contains(&name(&pair)) {
            continue;
        }
        next.push(if next.contains('?') { '&' } else { '?' });
        next.push_str(&pair);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_asked_for() {
        let path = "/customers?refer_status=referred&limit=100&page=1";
        for (link, expected) in [
            (
                "/customers?page=2",
                "/customers?page=2&refer_status=referred&limit=100",
            ),
            (
                "/customers?limit=50&page=2&refer%5Fstatus=referred",
                "/customers?limit=50&page=2&refer%5Fstatus=referred",
            ),
            ("/next", "/next?refer_status=referred&limit=100"),
        ] {
            assert_eq!(keep_query(link.to_owned(), path), expected);
        }
        assert_eq!(keep_query("/c?page=2".to_owned(), "/c"), "/c?page=2");
    }

    #[test]
    fn a_link_of_absurd_length_is_not_followed() {
        let base = BaseUrl::parse("http://127.0.0.1:1/v1").unwrap();
        let visited = Visited::new(2);
        let link = |length: usize| format!("/v1/c?page=2&{}", "&x".repeat(length / 2));
        let follow = |length| visited.follow(&base, &link(length), "/c?limit=100");
        assert!(follow(8_000).is_ok());
        assert!(follow(1 << 20).unwrap_err().contains("too long"));
    }

    #[test]
    fn loops_strangers_and_too_many_pages_are_not_followed() {
        let base = BaseUrl::parse("http://localhost:1/v1").unwrap();
        let mut visited = Visited::new(2);
        visited.pass("/c?page=1");
        let follow = |visited: &Visited, link| visited.follow(&base, link, "/c?page=1");
        let second = "http://localhost:1/v1/c?page=2";
        assert_eq!(follow(&visited, second).as_deref(), Ok("/c?page=2"));
        for (link, reason) in [
            ("http://localhost:1/v1/c?page=1", "fetched before"),
            ("http://localhost:1/v2/c?page=2", "leaves the base URL"),
        ] {
            assert!(
                follow(&visited, link).unwrap_err().contains(reason),
                "{link}"
            );
        }
        for link in [
            "/v1/c?x=%61&page=1",
            "/v1/c?page=1&x=a",
            "/v1/c?page=%31&x=a",
        ] {
            let mut visited = Visited::new(2);
            visited.pass("/c?page=1&x=a");
            assert!(follow(&visited, link).is_err(), "{link}");
        }
        visited.pass("/c?page=2");
        let third = follow(&visited, "http://localhost:1/v1/c?page=3");
        assert!(third.unwrap_err().contains("max_pages"));
    }
}
