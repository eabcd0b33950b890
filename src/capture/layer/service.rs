use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::future::ResponseFuture;
use crate::capture::Referrals;

/// Middleware that captures referral links; made by [`ReferralLayer`](super::ReferralLayer).
///
/// It never answers by itself, never fails, and asks nothing of the inner service but that it
/// turns requests into responses. On a request whose query names no referral it only looks at
/// the query.
#[derive(Clone, Debug)]
pub struct ReferralService<S> {
    inner: S,
    referrals: Referrals,
}

impl<S> ReferralService<S> {
    pub(crate) fn new(inner: S, referrals: Referrals) -> Self {
        Self { inner, referrals }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ReferralService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    // Not inlined, and the future made in one piece on either way: it would be copied once more,
    // which costs every request more than this call.
    #[inline(never)]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let lines = self
            .referrals
            .capture(request.method(), request.uri(), request.headers());
        match lines {
            None => ResponseFuture {
                inner: self.inner.call(request),
                lines: None,
            },
            Some(lines) => ResponseFuture {
                inner: self.inner.call(request),
                lines: Some(lines),
            },
        }
    }
}
