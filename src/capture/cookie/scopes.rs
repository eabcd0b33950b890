//! The scopes in which another host may have stored a cookie of our name.
//!
//! A browser keeps one cookie for each name, domain and path (RFC 6265, section 5.3). It sends all
//! cookies that match a request, those with the longest path first (section 5.4). So a cookie that
//! another subdomain has set for the path of the sign-up page is read before ours. The browser does
//! not say which scope a cookie has. So we remove the cookie from every scope that it may have.

use std::iter::repeat_n;

use super::super::head::RequestHead;
use super::host::host_of;
use super::settings::{LONGEST_ATTRIBUTE, check_domain, check_path};
use crate::context::Reach;

/// A domain, or none for this host alone, and a path.
pub(super) type Scope<'a> = (Option<&'a str>, &'a str);

/// Most scopes in one response: each one takes a line.
const MOST: usize = 24;

/// The host and path for which the cookies of a request may have been stored.
#[cold]
pub(crate) fn reach_of(request: &RequestHead<'_>) -> Reach {
    // Browsers ignore a longer `Path`, so no line of ours could name it.
    let path = Some(request.uri.path()).filter(|path| path.len() <= LONGEST_ATTRIBUTE);
    Reach::new(host_of(request), path.unwrap_or("/"))
}

/// The scopes that a cookie sent with such a request can have, the likeliest first: `/` and the
/// request's own path, then the paths between them. A domain that is a public suffix may be among
/// them; browsers ignore a cookie line with such a domain.
pub(super) fn scopes(reach: &Reach) -> impl Iterator<Item = Scope<'_>> {
    let domains = reach.host().into_iter().flat_map(domains);
    // Few domains, so that there is room for some paths.
    let domains: Vec<_> = domains.take(MOST / 4).map(Some).chain([None]).collect();
    let of_each_path = domains.len();
    // The whole path comes first, since a cookie with the longest path is sent first and would be
    // read before ours.
    let paths = paths(reach.path()).flat_map(move |path| repeat_n(path, of_each_path));
    let scopes = paths.enumerate();
    let scopes = scopes.map(move |(index, path)| (domains[index % of_each_path], path));
    scopes.take(MOST)
}

/// The host and its parents, the shortest first, as far as a cookie can be shared there.
fn domains(host: &str) -> impl Iterator<Item = &str> {
    let parents = host.rmatch_indices('.').map(|(dot, _)| &host[dot + 1..]);
    let all = parents.chain([host]);
    // Each name contains the one before it. So behind an invalid name all others are invalid, too.
    all.skip_while(|domain| !domain.contains('.'))
        .take_while(|domain| check_domain(domain).is_ok())
}

/// All cookie paths that match a request path (RFC 6265, section 5.1.4): the path itself, and each
/// part of it that ends before or behind a slash.
fn paths(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/');
    let between = ends.flat_map(|(slash, _)| {
        // After a second slash in a row this part was listed already.
        let before = Some(&path[..slash]).filter(|before| !before.ends_with('/'));
        before.into_iter().chain([&path[..=slash]])
    });
    let between = between.filter(move |&between| !["", "/", path].contains(&between));
    // As with hosts, each path contains the one before it.
    let between = between.take_while(|path| check_path(path).is_ok());
    let whole = Some(path).filter(|&path| path != "/" && check_path(path).is_ok());
    ["/"].into_iter().chain(whole).chain(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HOST;
    use http::{HeaderMap, Method, Uri};

    #[test]
    fn a_path_is_matched_by_what_ends_at_a_slash() {
        for (path, matching) in [
            ("/", &["/"][..]),
            ("/signup", &["/", "/signup"]),
            ("/a/b", &["/", "/a/b", "/a", "/a/"]),
            ("/a/", &["/", "/a/", "/a"]),
            ("*", &["/"]),
            ("/a;b", &["/"]),
            ("/a/b;c/d", &["/", "/a", "/a/"]),
            ("/a//b", &["/", "/a//b", "/a", "/a/", "/a//"]),
            ("//", &["/", "//"]),
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
            let reach = reach_of(&RequestHead::new(&Method::GET, &uri, &headers));
            let domains = super::scopes(&reach).map(|(domain, _)| domain.map(str::to_owned));
            domains.collect::<Vec<_>>()
        };
        let own = |domains: &[&str]| {
            let domains = domains.iter().map(|&domain| Some(domain.to_owned()));
            domains.chain([None]).collect::<Vec<_>>()
        };
        let shop = own(&["shop.example", "www.shop.example"]);
        assert_eq!(scopes("/", Some("www.shop.example:8080")), shop);
        assert_eq!(scopes("https://www.shop.example/", None), shop);
        for host in [
            "localhost",
            "127.0.0.1:3000",
            "[::1]:3000",
            "a;b.example",
            "shop.example.",
            "",
        ] {
            assert_eq!(scopes("/", Some(host)), own(&[]), "{host}");
        }
        assert_eq!(scopes("/", None), own(&[]));
        // `a_b` is no host name, but its parent is one.
        let shop = own(&["shop.example"]);
        assert_eq!(scopes("/", Some("a_b.shop.example")), shop);
        let deep = "/a".repeat(20);
        assert_eq!(scopes(&deep, Some("www.shop.example")).len(), MOST);
    }
}
