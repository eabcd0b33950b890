use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project::pin_project;

use super::lines::CookieLines;

/// Response future of [`ReferralService`](super::ReferralService).
#[pin_project]
#[derive(Debug)]
pub struct ResponseFuture<F> {
    #[pin]
    pub(super) inner: F,
    pub(super) lines: Option<CookieLines>,
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Nearly every request ends here, with a response that nobody has touched or moved.
        if this.lines.is_none() {
            return this.inner.poll(cx);
        }
        let mut response = ready!(this.inner.poll(cx))?;
        if let Some(lines) = this.lines.take() {
            lines.offer_to(response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}
