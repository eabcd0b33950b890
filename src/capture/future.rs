use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use pin_project::pin_project;

use super::cache::make_private;

/// Response future of [`ReferralService`](super::ReferralService).
#[pin_project]
#[derive(Debug)]
pub struct ResponseFuture<F> {
    #[pin]
    inner: F,
    set_cookie: Option<HeaderValue>,
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, set_cookie: Option<HeaderValue>) -> Self {
        Self { inner, set_cookie }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Changed in place: moved out and in again, a response is copied on every request.
        let mut poll = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut poll
            && let Some(set_cookie) = this.set_cookie.take()
        {
            store(response.headers_mut(), set_cookie);
        }
        poll
    }
}

/// Appends our cookie, unless the handler has set or removed it itself: a sign-up on the very
/// page the link led to must not leave a referral behind that it has just spent.
fn store(headers: &mut HeaderMap, set_cookie: HeaderValue) {
    let name_and_equals = || {
        set_cookie
            .as_bytes()
            .split_inclusive(|&byte| byte == b'=')
            .next()
    };
    let handled = |line: &HeaderValue| {
        name_and_equals().is_some_and(|start| line.as_bytes().starts_with(start))
    };
    if !headers.get_all(SET_COOKIE).iter().any(handled)
        && headers.try_append(SET_COOKIE, set_cookie).is_ok()
    {
        make_private(headers);
    }
}
