//! The lines that remove a cookie: our own, and cookies of the same name in other scopes.

use cookie::Cookie;
use cookie::time::{Duration, OffsetDateTime};

use super::scopes::{Scope, scopes};
use super::settings::{CookieSettings, SameSite};
use crate::context::Reach;
use crate::response::Line;

/// Most bytes of removals in one response. Proxies refuse responses with larger headers.
pub(crate) const MOST_BYTES: usize = 2_200;

/// Removes our own cookie. `Expires` is for clients that do not know `Max-Age`.
pub(super) fn own(settings: &CookieSettings) -> Line {
    let mut cookie = removed(settings, scope_of(settings));
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    line(&cookie)
}

/// Removes the cookies of our name from these scopes, except from our own scope. The lines are short,
/// because one response may have many: they leave `SameSite=Lax` out, which is what browsers assume.
pub(super) fn others<'a>(
    settings: &CookieSettings,
    scopes: impl IntoIterator<Item = Scope<'a>>,
) -> Vec<Line> {
    let others = scopes
        .into_iter()
        .filter(|scope| *scope != scope_of(settings));
    let lines = others.map(|scope| {
        let mut cookie = removed(settings, scope);
        if settings.same_site == SameSite::Lax {
            cookie.set_same_site(None);
        }
        line(&cookie)
    });
    lines.collect()
}

/// As [`others`], from every scope that a cookie of this request may have, as far as there is room.
pub(super) fn within(settings: &CookieSettings, reach: &Reach, most_bytes: usize) -> Vec<Line> {
    let mut left = most_bytes;
    let mut lines = others(settings, scopes(reach));
    lines.retain(|line| {
        let rest = left.checked_sub(bytes_in_head(line));
        // A line that is too long is left out, and a shorter one behind it may still have room.
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    lines
}

fn bytes_in_head(line: &Line) -> usize {
    "set-cookie: \r\n".len() + line.len()
}

fn scope_of(settings: &CookieSettings) -> Scope<'_> {
    (settings.domain.as_deref(), &settings.path)
}

fn removed(settings: &CookieSettings, (domain, path): Scope<'_>) -> Cookie<'static> {
    let mut cookie = settings.to_cookie();
    cookie.unset_domain();
    if let Some(domain) = domain {
        cookie.set_domain(domain.to_owned());
    }
    cookie.set_path(path.to_owned());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

fn line(cookie: &Cookie<'_>) -> Line {
    cookie.to_string().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::super::super::head::RequestHead;
    use super::super::scopes::reach_of;
    use super::*;
    use http::header::HOST;
    use http::{HeaderMap, Method, Uri};

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
                    let lines = within(&settings, &reach, MOST_BYTES);
                    let bytes = lines.iter().map(bytes_in_head).sum::<usize>();
                    assert!(bytes <= MOST_BYTES, "{bytes}");
                    let root = b"; Path=/; Domain=shop.example; Max-Age=0";
                    assert!(lines[0].ends_with(root), "{path} on {host}");
                }
            }
        }
    }
}
