//! The lines that remove a cookie: our own, and cookies of the same name in other scopes.

use cookie::time::{Duration, OffsetDateTime};
use http::HeaderValue;

use super::scopes::{Scope, scopes};
use super::settings::{CookieSettings, SameSite};
use crate::context::Reach;

/// Most bytes of removals in one response, beside those of our own cookies. Proxies refuse responses
/// with larger headers.
pub(crate) const MOST_BYTES: usize = 2_200;

/// Removes our own cookie. `Expires` is for clients that do not know `Max-Age`.
pub(super) fn own(settings: &CookieSettings) -> HeaderValue {
    let mut cookie = settings.to_cookie();
    cookie.set_max_age(Duration::ZERO);
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    HeaderValue::try_from(cookie.to_string()).expect("the checked settings are printable ASCII")
}

/// Removes the cookies of our name in other scopes than our own.
pub(super) struct Others {
    /// What each line begins with: the name, and the attributes that name no scope.
    start: String,
    domain: Option<String>,
    path: String,
}

impl Others {
    /// The lines are short, because one response may have many: they leave `SameSite=Lax` out, which
    /// is what browsers assume.
    pub(super) fn new(settings: &CookieSettings) -> Self {
        let mut cookie = settings.to_cookie();
        cookie.unset_domain();
        cookie.unset_path();
        if settings.same_site == SameSite::Lax {
            cookie.set_same_site(None);
        }
        Self {
            start: cookie.to_string(),
            domain: settings.domain.clone(),
            path: settings.path.clone(),
        }
    }

    /// Removes the cookies of these scopes, except of our own scope.
    pub(super) fn lines<'a>(
        &'a self,
        scopes: impl Iterator<Item = Scope<'a>>,
    ) -> impl Iterator<Item = HeaderValue> {
        let own = (self.domain.as_deref(), self.path.as_str());
        scopes
            .filter(move |scope| *scope != own)
            .filter_map(|scope| self.line(scope))
    }

    /// As [`lines`](Self::lines), for those scopes that a cookie of this request may have, as far as
    /// there is room.
    pub(super) fn within<'a>(
        &'a self,
        reach: &'a Reach,
        most_bytes: usize,
        is_asked_for: impl Fn(&Scope<'_>) -> bool,
    ) -> impl Iterator<Item = HeaderValue> {
        let mut left = most_bytes;
        let scopes = scopes(reach).filter(is_asked_for);
        self.lines(scopes).filter(move |line| {
            let rest = left.checked_sub(bytes_in_head(line));
            // A line that is too long is left out, and a shorter one behind it may still have room.
            left = rest.unwrap_or(left);
            rest.is_some()
        })
    }

    /// Never `None`, because [`scopes`] are printable ASCII.
    fn line(&self, (domain, path): Scope<'_>) -> Option<HeaderValue> {
        let [label, domain] = domain.map_or(["", ""], |domain| ["; Domain=", domain]);
        let parts = [&self.start, "; Path=", path, label, domain, "; Max-Age=0"];
        HeaderValue::try_from(parts.concat()).ok()
    }
}

fn bytes_in_head(line: &HeaderValue) -> usize {
    "set-cookie: \r\n".len() + line.len()
}

#[cfg(test)]
mod tests {
    use super::super::super::head::RequestHead;
    use super::super::scopes::reach_of;
    use super::*;
    use http::header::HOST;
    use http::{HeaderMap, Method, Uri};

    #[test]
    fn a_scope_stands_where_the_cookie_crate_writes_it() {
        for same_site in [SameSite::Lax, SameSite::Strict, SameSite::None] {
            let settings = CookieSettings {
                http_only: true,
                same_site,
                ..CookieSettings::default()
            };
            let mut cookie = settings.to_cookie();
            cookie.set_domain("shop.example");
            cookie.set_path("/tea");
            cookie.set_max_age(Duration::ZERO);
            // Browsers assume `Lax`.
            let expected = cookie.to_string().replace("; SameSite=Lax", "");
            let others = Others::new(&settings);
            let lines: Vec<_> = others
                .lines([(Some("shop.example"), "/tea")].into_iter())
                .collect();
            assert_eq!(lines, [expected]);
        }
    }

    /// The parent domain with `/` always has room: most cookies are there.
    #[test]
    fn no_path_host_or_name_fills_the_headers_of_a_response() {
        let paths = [1, 500, 740, 1_023, 2_000].map(|length| format!("/{}", "a".repeat(length)));
        let paths = paths.into_iter().chain(["/a".repeat(50)]);
        let long_host = "a.".repeat(60) + "shop.example";
        let long_name = "n".repeat(1_000);
        for path in paths {
            for host in ["www.shop.example", &long_host] {
                for name in ["partnero_referral", &long_name] {
                    let (uri, mut headers) = (path.parse::<Uri>().unwrap(), HeaderMap::new());
                    headers.insert(HOST, host.parse().unwrap());
                    let reach = reach_of(&RequestHead::new(&Method::POST, &uri, &headers));
                    let settings = CookieSettings {
                        name: name.into(),
                        ..CookieSettings::default()
                    };
                    let others = Others::new(&settings);
                    let lines: Vec<_> = others.within(&reach, MOST_BYTES, |_| true).collect();
                    let bytes = lines.iter().map(bytes_in_head).sum::<usize>();
                    assert!(bytes <= MOST_BYTES, "{bytes}");
                    let root = b"; Path=/; Domain=shop.example; Max-Age=0";
                    assert!(lines[0].as_bytes().ends_with(root), "{path} on {host}");
                }
            }
        }
    }
}
