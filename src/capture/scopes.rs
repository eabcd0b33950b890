//! The scopes in which a cookie of our name can be in the way of ours.
//!
//! A browser keeps one cookie for each name, domain and path (RFC 6265, section 5.3), and sends
//! all that match a request, those with the longest path first (section 5.4). So what a sibling
//! host has written for the parent domain, or for the path of the sign-up page, is read before
//! ours; and no request says which scope a cookie came from. It can only be removed from every
//! scope that could have brought it.

use std::fmt;

use http::header::HOST;

use super::consent::RequestHead;
use super::settings::{check_domain, check_path};

/// A domain, or none for this host alone, and a path.
pub(super) type Scope<'a> = (Option<&'a str>, &'a str);

/// Each scope costs a line, and proxies refuse a response whose headers pass a few kilobytes.
const MOST: usize = 12;

/// The same for all domains and paths together, in bytes.
const LONGEST: usize = 768;

/// Where the cookies of a request may have come from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    host: Option<Box<str>>,
    path: Box<str>,
}

impl Reach {
    #[cold]
    pub(super) fn of(request: &RequestHead<'_>) -> Self {
        let path = request.uri.path();
        let is_short = path.len() <= LONGEST;
        Self {
            host: host(request).map(Into::into),
            path: if is_short { path } else { "/" }.into(),
        }
    }

    /// The likeliest first: the request's own path and `/`, then what lies between. Browsers ignore
    /// a domain that is a public suffix by themselves.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope<'_>> {
        let domains = || {
            let hosts = std::iter::successors(self.host.as_deref(), |host| {
                host.split_once('.').map(|(_, parent)| parent)
            });
            let domains = hosts.filter(|domain| check_domain(domain).is_ok());
            std::iter::once(None).chain(domains.map(Some))
        };
        let scopes =
            paths(&self.path).flat_map(move |path| domains().map(move |domain| (domain, path)));
        let mut left = LONGEST;
        let fitting = scopes.filter(move |(domain, path)| {
            let rest = left.checked_sub(path.len() + domain.map_or(0, str::len));
            left = rest.unwrap_or(left);
            rest.is_some()
        });
        fitting.take(MOST)
    }
}

/// Without the path, which may hold what is nobody else's business.
impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").finish_non_exhaustive()
    }
}

/// Forged, it makes lines that the forger's own browser ignores.
fn host<'a>(request: &RequestHead<'a>) -> Option<&'a str> {
    let named = || {
        let host = request.headers.get(HOST)?.to_str().ok()?;
        Some(host.split_once(':').map_or(host, |(host, _)| host))
    };
    request.uri.host().or_else(named)
}

/// All that path-match (RFC 6265, section 5.1.4): the path, and what ends before or behind one of
/// its slashes.
fn paths(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices('/');
    let between = ends.flat_map(|(slash, _)| [&path[..=slash], &path[..slash]]);
    let between = between.filter(move |&between| !["", "/", path].contains(&between));
    let whole = Some(path).filter(|&path| path != "/");
    let all = whole.into_iter().chain(["/"]).chain(between);
    all.filter(|path| check_path(path).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Method, Uri};

    #[test]
    fn a_path_is_matched_by_what_ends_at_a_slash() {
        for (path, matching) in [
            ("/", &["/"][..]),
            ("/signup", &["/signup", "/"]),
            ("/a/b", &["/a/b", "/", "/a/", "/a"]),
            ("/a/", &["/a/", "/", "/a"]),
            ("*", &["/"]),
            ("/a;b", &["/"]),
        ] {
            assert_eq!(paths(path).collect::<Vec<_>>(), matching, "{path}");
        }
    }

    #[test]
    fn a_host_may_have_cookies_of_its_parents() {
        let scopes = |uri: &str, host: Option<&'static str>| {
            let (uri, mut headers) = (uri.parse::<Uri>().unwrap(), HeaderMap::new());
            if let Some(host) = host {
                headers.insert(HOST, http::HeaderValue::from_static(host));
            }
            let reach = Reach::of(&RequestHead::new(&Method::GET, &uri, &headers));
            let domains = reach.scopes().map(|(domain, _)| domain.map(str::to_owned));
            domains.collect::<Vec<_>>()
        };
        let own = |domains: &[&str]| {
            let domains = domains.iter().map(|&domain| Some(domain.to_owned()));
            std::iter::once(None).chain(domains).collect::<Vec<_>>()
        };
        let shop = own(&["www.shop.example", "shop.example"]);
        assert_eq!(scopes("/", Some("www.shop.example:8080")), shop);
        assert_eq!(scopes("https://www.shop.example/", None), shop);
        for host in [
            "localhost",
            "127.0.0.1:3000",
            "[::1]:3000",
            "a;b.example",
            "",
        ] {
            assert_eq!(scopes("/", Some(host)), own(&[]), "{host}");
        }
        assert_eq!(scopes("/", None), own(&[]));
        let deep = "/a".repeat(20);
        assert_eq!(scopes(&deep, Some("www.shop.example")).len(), MOST);
    }

    /// What is too long for a line leaves room for `/`, where most cookies are.
    #[test]
    fn no_path_and_no_host_fills_the_headers_of_a_response() {
        let long_path = format!("/{}/", "a".repeat(1_000));
        let half_path = format!("/{}/", "a".repeat(500));
        let long_host = "a.".repeat(60) + "example";
        for (path, host) in [
            (&*long_path, "www.shop.example"),
            (&*half_path, "www.shop.example"),
            ("/", &*long_host),
        ] {
            let (uri, mut headers) = (path.parse::<Uri>().unwrap(), HeaderMap::new());
            headers.insert(HOST, host.parse().unwrap());
            let reach = Reach::of(&RequestHead::new(&Method::GET, &uri, &headers));
            let scopes: Vec<_> = reach.scopes().collect();
            let bytes = scopes
                .iter()
                .map(|(domain, path)| path.len() + domain.map_or(0, str::len));
            assert!(bytes.sum::<usize>() <= LONGEST, "{scopes:?}");
            assert!(scopes.contains(&(None, "/")), "{scopes:?}");
        }
    }
}
