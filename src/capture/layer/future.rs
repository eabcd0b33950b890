use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project::pin_project;

use crate::response::{CookieLines, restore_promised};

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
        // Most responses stay as they are; this way they are not moved once more.
        let mut polled = this.inner.poll(cx);
        if let Poll::Ready(Ok(response)) = &mut polled
            && (this.lines.is_some() || !response.extensions().is_empty())
        {
            finish(response, this.lines);
        }
        polled
    }
}

#[inline(never)]
fn finish<B>(response: &mut Response<B>, lines: &mut Option<CookieLines>) {
    // First, so that the layer's own lines find what the handler has set, and leave it alone.
    if !response.extensions().is_empty() {
        restore_promised(response);
    }
    if let Some(lines) = lines.take() {
        lines.offer_to(response.headers_mut());
    }
}
