//! The floors: the least safe code that gives the answers of the bench, by the same rules. It looks up
//! the same headers, finds every place of the name, checks the key, and writes the same lines. It has
//! no settings, gives no reasons, tells no observer and keeps nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use axum::extract::FromRequestParts;
use http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use memchr::memmem::Finder;
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::work::Answer;

const NAME: &[u8] = b"partnero_referral";
const ATTRIBUTES: &[u8] = b"; SameSite=Lax; Secure; Path=/; Max-Age=2592000";

static IN_COOKIES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NAME));

/// The key that counts for a request, and whether it is to be stored.
struct Found<'a> {
    key: &'a [u8],
    is_new: bool,
}

fn find<'a>(query: Option<&'a str>, headers: &'a HeaderMap) -> Option<Found<'a>> {
    let stored = key_in_cookies(headers);
    match query.and_then(|query| key_in_query(query.as_bytes())) {
        Some(key) => Some(Found {
            key,
            is_new: stored != Some(key),
        }),
        None => stored.map(|key| Found { key, is_new: false }),
    }
}

/// The first valid key among all places of the name.
fn key_in_query(query: &[u8]) -> Option<&[u8]> {
    let (mut rest, mut first) = (query, None);
    while let Some(start) = place_in(rest) {
        let before = query.len() - rest.len() + start;
        rest = &rest[start + "ref".len()..];
        if let ([.., b'&' | b'?'] | [], [b'=', value @ ..]) = (&query[..before], rest) {
            let end = value.iter().position(|byte| matches!(byte, b'&' | b'?'));
            let value = &value[..end.unwrap_or(value.len())];
            if first.is_none() && is_key(value) {
                first = Some(value);
            }
        }
    }
    first
}

fn place_in(query: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let start = from + query[from..].iter().position(|&byte| byte == b'r')?;
        if query[start..].starts_with(b"ref") {
            return Some(start);
        }
        from = start + 1;
    }
}

/// As [`key_in_query`], in all lines.
fn key_in_cookies(headers: &HeaderMap) -> Option<&[u8]> {
    let mut first = None;
    for line in headers.get_all(COOKIE) {
        let (line, mut from) = (line.as_bytes(), 0);
        while let Some(start) = IN_COOKIES.find(&line[from..]) {
            let start = from + start;
            from = start + NAME.len();
            if let ([.., b';'] | [], [b'=', value @ ..]) =
                (line[..start].trim_ascii_end(), &line[from..])
            {
                let value = &value[..memchr::memchr(b';', value).unwrap_or(value.len())];
                if first.is_none() && str::from_utf8(value).is_ok() && is_key(value) {
                    first = Some(value);
                }
            }
        }
    }
    first
}

/// Whether the value is a key that needs no decoding.
fn is_key(value: &[u8]) -> bool {
    matches!(value.len(), 1..=255) && value.iter().all(|byte| matches!(byte, b','..=b'~'))
}

/// Whether a person opens a page.
fn may_store(method: &Method, headers: &HeaderMap) -> bool {
    let is_refused = |(name, value): (&http::HeaderName, &HeaderValue)| match name.as_str() {
        "sec-fetch-mode" => value != "navigate",
        "sec-fetch-dest" => matches!(
            value.as_bytes(),
            b"iframe" | b"frame" | b"embed" | b"object" | b"fencedframe"
        ),
        "upgrade" => true,
        "hx-preloaded" => value == "true",
        "sec-purpose" | "purpose" | "x-purpose" | "x-moz" | "x-sec-purpose" => {
            let mut words = value.as_bytes().split(|byte| b",; ".contains(byte));
            words.any(|word| {
                let ahead = ["prefetch", "prerender", "preview"];
                let mut ahead = ahead.iter();
                ahead.any(|ahead| word.eq_ignore_ascii_case(ahead.as_bytes()))
            })
        }
        _ => false,
    };
    method == Method::GET && !headers.iter().any(is_refused)
}

fn line(key: &[u8]) -> Box<[u8]> {
    let mut line = Vec::with_capacity(NAME.len() + "=".len() + key.len() + ATTRIBUTES.len());
    line.extend_from_slice(b"partnero_referral=");
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    assert!(key.iter().all(is_plain), "nothing is to be escaped");
    line.extend_from_slice(key);
    line.extend_from_slice(ATTRIBUTES);
    line.into()
}

/// What the layer does.
#[derive(Clone)]
pub(super) struct FloorLayer;

#[derive(Clone)]
pub(super) struct FloorService<S> {
    inner: S,
}

#[pin_project]
pub(super) struct FloorFuture<F> {
    #[pin]
    inner: F,
    line: Option<Box<[u8]>>,
}

impl<S> Layer<S> for FloorLayer {
    type Service = FloorService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FloorService { inner }
    }
}

impl<S, B, ResBody> Service<Request<B>> for FloorService<S>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = FloorFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    // As in ours, this costs less than one more copy of the future.
    #[inline(never)]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(query) = request.uri().query()
            && place_in(query.as_bytes()).is_some()
            && let Some(line) = line_for(&request)
        {
            // The mark, by which a handler knows that the layer has seen its link.
            if let Some(value) = request.headers_mut().values_mut().next() {
                value.set_sensitive(true);
            }
            return FloorFuture {
                inner: self.inner.call(request),
                line: Some(line),
            };
        }
        FloorFuture {
            inner: self.inner.call(request),
            line: None,
        }
    }
}

#[inline(never)]
fn line_for<B>(request: &Request<B>) -> Option<Box<[u8]>> {
    let (query, headers) = (request.uri().query(), request.headers());
    let found = find(query, headers).filter(|found| found.is_new)?;
    may_store(request.method(), headers).then(|| line(found.key))
}

impl<F, B, E> Future for FloorFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled
            && let Some(line) = this.line.take()
        {
            write(line, response.headers_mut());
        }
        polled
    }
}

fn write(line: Box<[u8]>, headers: &mut HeaderMap) {
    // The page says nothing else about caches, and sets no cookie of our name.
    assert!(headers.is_empty());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    let line = HeaderValue::try_from(Vec::from(line)).expect("it is ASCII");
    headers.append(SET_COOKIE, line);
}

/// What a handler does that asks for the referral: whether there is one.
pub(super) fn is_referred(parts: &Parts) -> bool {
    let found = find(parts.uri.query(), &parts.headers);
    found.is_some_and(|found| {
        // A new key that the layer has not seen is told to the developer.
        let is_marked = || parts.headers.values().any(HeaderValue::is_sensitive);
        assert!(!found.is_new || is_marked(), "the layer is there");
        true
    })
}

/// The same, as an extractor.
pub(super) struct IsReferred(bool);

impl<S: Sync> FromRequestParts<S> for IsReferred {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(is_referred(parts)))
    }
}

/// A page that asks by the extractor.
pub(super) async fn page(IsReferred(is_referred): IsReferred) -> StatusCode {
    if is_referred {
        Answer::REFERRED.status
    } else {
        Answer::PLAIN.status
    }
}
