use std::task::{Context, Poll};

use http::{HeaderMap, Method, Request, Response, Uri};
use tower_service::Service;

use super::future::ResponseFuture;
use crate::capture::Referrals;
use crate::capture::decide::Asker;
use crate::capture::head::RequestHead;
use crate::capture::write;
use crate::response::CookieLines;

/// Middleware that captures referral links; made by [`ReferralLayer`](super::ReferralLayer).
///
/// It never answers by itself and never fails. The inner service needs no more than to turn an
/// `http::Request` into an `http::Response`. If the query of a request names no referral, and the
/// policy does not ask for more, the query is all that is read.
#[derive(Clone, Debug)]
pub struct ReferralService<S> {
    inner: S,
    referrals: Referrals,
}

impl<S> ReferralService<S> {
    pub(super) fn new(inner: S, referrals: Referrals) -> Self {
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

    // Not inlined, and each branch makes the whole future: otherwise the future is copied once more,
    // which costs every request more than this call.
    #[inline(never)]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        if !self.referrals.policy.concerns(request.uri()) {
            // No reference to the request has left this function yet. So the compiler hands the
            // request on without a copy.
            return ResponseFuture {
                inner: self.inner.call(request),
                lines: None,
            };
        }
        let lines = capture(
            &self.referrals,
            request.method(),
            request.uri(),
            request.headers(),
        );
        if lines.is_some() {
            // After the decision, which must see the headers as they came.
            self.referrals.policy.mark.leave_in(request.headers_mut());
        }
        ResponseFuture {
            inner: self.inner.call(request),
            lines,
        }
    }
}

/// The cookie lines that a request asks for, if it concerns the policy.
///
/// Not inlined, so that a request without a link does not pay for it.
#[inline(never)]
fn capture(
    referrals: &Referrals,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<CookieLines> {
    let request = RequestHead::new(method, uri, headers);
    let context = referrals.decide(&request, Asker::Layer);
    write::lines_told(&referrals.policy, &request, &context)
}
