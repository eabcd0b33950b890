//! The handler behind path links.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::header::{HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode, Uri};
use percent_encoding::percent_decode;
use tower_service::Service;

/// Sends the visitor of a path link, `/ref/KEY`, on to a page of the app.
///
/// The layer around it captures the key; this only answers `303 See Other`. The target is the
/// query parameter `to` if that is a safe place, else the one given to [`new`](Self::new). The
/// rest of the query (`utm_source` and the like) goes along.
///
/// *Safe* is a path of this very host: it begins with one `/`, and has no second one or a
/// backslash behind it, no backslash or control character anywhere, not even percent-encoded
/// twice. So a link of the app's never sends anybody to a stranger's page.
///
/// # Example
///
/// ```
/// use axum::{Router, routing::get};
/// use http::{Request, StatusCode, header::{LOCATION, SET_COOKIE}};
/// use tower::ServiceExt;
/// use tower_partnero::Referrals;
/// use tower_partnero::capture::PathLinkRedirect;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let referrals = Referrals::builder().path_links("ref").build()?;
/// let app: Router = Router::new()
///     .route("/", get(|| async { "welcome" }))
///     .route_service("/ref/{key}", PathLinkRedirect::<axum::body::Body>::new("/"))
///     .layer(referrals.layer());
///
/// let link = Request::get("/ref/anna-7?to=/tea&utm_source=mail").body(axum::body::Body::empty())?;
/// let response = app.oneshot(link).await?;
/// assert_eq!(response.status(), StatusCode::SEE_OTHER);
/// assert_eq!(response.headers()[LOCATION], "/tea?utm_source=mail");
/// assert!(response.headers()[SET_COOKIE].to_str()?.starts_with("partnero_referral=anna-7; "));
/// # Ok(())
/// # }
/// ```
pub struct PathLinkRedirect<B> {
    default: &'static str,
    body: PhantomData<fn() -> B>,
}

impl<B> PathLinkRedirect<B> {
    /// Sends visitors to `default` where the link names no safe place. `default` itself is not
    /// checked; one that is no header value is taken for `/`.
    #[must_use]
    pub fn new(default: &'static str) -> Self {
        Self {
            default,
            body: PhantomData,
        }
    }
}

impl<B> Clone for PathLinkRedirect<B> {
    fn clone(&self) -> Self {
        Self::new(self.default)
    }
}

impl<B> fmt::Debug for PathLinkRedirect<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathLinkRedirect")
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

impl<ReqBody, B: Default> Service<Request<ReqBody>> for PathLinkRedirect<B> {
    type Response = Response<B>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let mut response = Response::new(B::default());
        if request.method() == Method::GET || request.method() == Method::HEAD {
            let location = HeaderValue::try_from(location(request.uri(), self.default));
            let location = location.unwrap_or(HeaderValue::from_static("/"));
            *response.status_mut() = StatusCode::SEE_OTHER;
            response.headers_mut().insert(LOCATION, location);
        } else {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        }
        ready(Ok(response))
    }
}

const TO: &str = "to=";

fn location(uri: &Uri, default: &str) -> String {
    let pairs = || {
        uri.query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
    };
    let wanted = pairs().find_map(|pair| pair.strip_prefix(TO)).map(decode);
    let target = wanted.filter(|target| is_safe(target));
    let mut location = target.unwrap_or_else(|| default.to_owned());
    for pair in pairs().filter(|pair| !pair.starts_with(TO)) {
        location.push(if location.contains('?') { '&' } else { '?' });
        location.push_str(pair);
    }
    location
}

fn decode(raw: &str) -> String {
    percent_decode(raw.as_bytes())
        .decode_utf8_lossy()
        .into_owned()
}

/// Whether a browser that goes there stays on this host, whoever decodes the path once more on
/// the way.
fn is_safe(target: &str) -> bool {
    let decoded = decode(target);
    [target, &decoded, &decode(&decoded)].iter().all(|target| {
        let behind_slash = target.strip_prefix('/');
        behind_slash.is_some_and(|rest| !rest.starts_with('/'))
            // Browsers take a backslash for a slash, and drop tabs and line ends.
            && !target.contains(|char: char| char == '\\' || char.is_control())
    }) && target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_host_is_safe() {
        for target in [
            "/",
            "/tea",
            "/tea?sort=price&page=2",
            "/a//b",
            "/a/../b",
            "/%C3%A9",
            "/a@b:80",
        ] {
            assert!(is_safe(target), "{target}");
        }
        for target in [
            "",
            "tea",
            "https://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/a\\b",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/%2fevil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%252fevil.example",
            "/%255Cevil.example",
            "/%09/evil.example",
            "/%0d%0aSet-Cookie:a=b",
            "%2f%2fevil.example",
            "javascript:alert(1)",
            "/é",
            "/a b",
            "/#//evil.example",
        ] {
            assert!(!is_safe(target), "{target}");
        }
    }

    #[test]
    fn the_rest_of_the_query_goes_along() {
        for (uri, expected) in [
            ("/ref/k", "/start"),
            ("/ref/k?to=/tea", "/tea"),
            ("/ref/k?to=%2Ftea%3Fa%3D1&b=2&&c", "/tea?a=1&b=2&c"),
            ("/ref/k?b=2&to=//evil.example", "/start?b=2"),
            ("/ref/k?to=//evil.example&to=/tea", "/start"),
            ("/ref/k?tour=1", "/start?tour=1"),
        ] {
            assert_eq!(
                location(&Uri::from_static(uri), "/start"),
                expected,
                "{uri}"
            );
        }
    }
}
