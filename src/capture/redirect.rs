//! The service that answers path links.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{ALLOW, HeaderValue, LOCATION};
use http::{Method, Request, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};
use tower_service::Service;

use super::cookie::escape;
use super::head::RequestHead;
use super::referrals::Referrals;
use super::write;
use crate::context::Outcome;
use crate::error::ConfigError;
use crate::referral::ReferralKey;

/// Sends the visitor of a path link, `/ref/KEY`, on to a page of the app; made by
/// [`Referrals::path_link_redirect`].
///
/// It stores the key as the layer does, inside the layer or without it, and answers `303 See Other`.
/// It does not call the [`on_outcome`](super::ReferralsBuilder::on_outcome) observer; the layer does.
///
/// The target is the query parameter `to` if that is safe, else the default page. The other parameters
/// of the query (such as `utm_source`) are passed on. If the key could not be stored, for example
/// because the visitor has not consented yet, it is passed on too, as `?ref=KEY`.
///
/// A target is *safe* if it is a path of this host. It begins with one `/`. It has no empty segment,
/// no `.` or `..` segment, no backslash and no control character, also after percent-decoding it
/// twice. So a link of the app never leads to another site.
///
/// The service reads the whole path, `/ref/KEY`, which axum's `Router::nest` would shorten. So route it
/// as below.
///
/// # Example
///
/// ```
/// use axum::{Router, routing::get};
/// use http::{Request, StatusCode, header::{LOCATION, SET_COOKIE}};
/// use tower::ServiceExt;
/// use tower_partnero::Referrals;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let referrals = Referrals::builder().path_links("ref").build()?;
/// let app: Router = Router::new()
///     .route("/", get(|| async { "welcome" }))
///     .route_service("/ref/{key}", referrals.path_link_redirect::<axum::body::Body>("/")?)
///     .route_service("/ref/{key}/", referrals.path_link_redirect::<axum::body::Body>("/")?)
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
    referrals: Referrals,
    default: Arc<str>,
    body: PhantomData<fn() -> B>,
}

impl Referrals {
    /// A service for path links that sends their visitors on; see [`PathLinkRedirect`].
    ///
    /// `default` is the page for links that name no other. `B` is the body type of the answers,
    /// which are empty: in axum `axum::body::Body`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `default` is no path of this host or is a path link itself, or if the
    /// policy has no [`path_links`](super::ReferralsBuilder::path_links).
    pub fn path_link_redirect<B: Default>(
        &self,
        default: impl Into<String>,
    ) -> Result<PathLinkRedirect<B>, ConfigError> {
        let default = default.into();
        let refuse = |advice| Err(ConfigError::new("path_link_redirect", advice));
        let links = &self.policy.links;
        if !links.have_paths() {
            let advice =
                "the policy reads no path links: write `.path_links(\"ref\")` on its builder";
            return refuse(advice.to_owned());
        }
        if links.parameters().any(|name| name == TO) {
            let advice = "`to` names the target: give the key another parameter, as in `ref`";
            return refuse(advice.to_owned());
        }
        if !is_safe(&default) {
            return refuse(format!(
                "{default:?} is no path of this host: write one like `/` or `/welcome`"
            ));
        }
        let default_path = default.split('?').next().unwrap_or_default();
        if links.read(None, || default_path).key.is_some() {
            return refuse(format!(
                "{default:?} is a path link itself, and would lead to itself for ever: write a page like `/`"
            ));
        }
        Ok(PathLinkRedirect {
            referrals: self.clone(),
            default: default.into(),
            body: PhantomData,
        })
    }
}

impl<B> Clone for PathLinkRedirect<B> {
    fn clone(&self) -> Self {
        Self {
            referrals: self.referrals.clone(),
            default: self.default.clone(),
            body: PhantomData,
        }
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
        let (method, uri) = (request.method(), request.uri());
        let links = &self.referrals.policy.links;
        if method == Method::GET || method == Method::HEAD {
            let context = self.referrals.evaluate(method, uri, request.headers());
            let carried = match (context.outcome, &context.referral) {
                // Where no cookie may be stored, the key goes on in the address of the next page
                // and counts there.
                (Outcome::NotStored(_), Some(referral)) => links
                    .parameters()
                    .next()
                    .map(|name| pair(name, referral.key())),
                _ => None,
            };
            let head = RequestHead::new(method, uri, request.headers());
            if let Some(lines) = write::lines(&self.referrals.policy, &head, &context) {
                lines.append_to(response.headers_mut());
            }
            let location = HeaderValue::try_from(location(uri, &self.default, carried.as_deref()));
            *response.status_mut() = StatusCode::SEE_OTHER;
            response
                .headers_mut()
                .insert(LOCATION, location.unwrap_or(HeaderValue::from_static("/")));
        } else {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        ready(Ok(response))
    }
}

/// The query parameter that names the target.
const TO: &str = "to";

/// The ASCII characters that a `Location` must encode (RFC 3986, section 2). A request target and a
/// decoded `to` may hold them. Characters beyond ASCII are always encoded.
const NOT_IN_A_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The pair of a query by which a link carries this key.
fn pair(name: &str, key: &ReferralKey) -> String {
    format!("{name}={}", escape(key.as_str()))
}

fn location(uri: &Uri, default: &str, carried: Option<&str>) -> String {
    let pairs = || {
        uri.query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
    };
    let target_in = |pair: &'_ str| pair.strip_prefix(TO)?.strip_prefix('=').map(decode);
    let wanted = pairs().find_map(target_in);
    let target = wanted.filter(|target| is_safe(target));
    let mut location = target.unwrap_or_else(|| default.to_owned());
    let rest = pairs().filter(|pair| target_in(pair).is_none());
    let mut separator = if location.contains('?') { '&' } else { '?' };
    for pair in rest.chain(carried) {
        location.push(separator);
        location.push_str(pair);
        separator = '&';
    }
    utf8_percent_encode(&location, NOT_IN_A_URI).to_string()
}

fn decode(raw: &str) -> String {
    percent_decode(raw.as_bytes())
        .decode_utf8_lossy()
        .into_owned()
}

/// Whether a browser that opens the target stays on this host, also if a proxy or the app decodes the
/// path once or twice more.
fn is_safe(target: &str) -> bool {
    let once = decode(target);
    let is_path = |target: &str| {
        let path = target.split('?').next().unwrap_or_default();
        let mut segments = path.split('/').skip(1).peekable();
        let is_odd = |segment: &str, is_last: bool| match segment {
            "" => !is_last,
            "." | ".." => true,
            _ => false,
        };
        let mut odd = false;
        while let Some(segment) = segments.next() {
            odd |= is_odd(segment, segments.peek().is_none());
        }
        // Browsers read a backslash as a slash, and drop tabs and line ends (URL standard, section 4.4).
        path.starts_with('/')
            && !odd
            && !target.contains(|char: char| char == '\\' || char.is_control())
    };
    [target, &once, &decode(&once)].into_iter().all(is_path)
        && target
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
            "/a/",
            "/a?to=//b",
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
            "/a//b",
            "/.//evil.example",
            "/a/../b",
            "/%2e%2e/b",
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
            "/a#b",
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
            (
                "/ref/k?utm_campaign=th\u{e9}",
                "/start?utm_campaign=th%C3%A9",
            ),
            ("/ref/k?to=/a%3Eb%60&c={d}", "/a%3Eb%60?c=%7Bd%7D"),
        ] {
            assert_eq!(
                location(&uri.parse().unwrap(), "/start", None),
                expected,
                "{uri}"
            );
        }
    }
}
