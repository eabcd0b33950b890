//! One request, served by hand.

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::header::{CACHE_CONTROL, HeaderValue, SET_COOKIE};
use http::{Request, Response, StatusCode};
use tower_service::Service;

use crate::harness::Work;

/// What an arm must answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) captures: bool,
}

impl Answer {
    /// The page of somebody whose referral is unknown or was not asked for.
    pub(super) const PLAIN: Self = Self {
        status: StatusCode::OK,
        captures: false,
    };
    /// The page of a referred visitor whose handler has read the key.
    pub(super) const REFERRED: Self = Self {
        status: StatusCode::ACCEPTED,
        captures: false,
    };
    /// The landing page, with our cookie in a response that is kept out of shared caches.
    pub(super) const CAPTURED: Self = Self {
        status: StatusCode::OK,
        captures: true,
    };
    /// Both at once: the landing page's handler has read the key of its own link.
    pub(super) const CAPTURED_AND_REFERRED: Self = Self {
        status: StatusCode::ACCEPTED,
        captures: true,
    };
}

/// Requests to a service whose futures are ready at once, so that no runtime is counted.
pub(super) struct Calls<S, B> {
    service: S,
    template: Request<()>,
    next: Option<Request<B>>,
    answer: Answer,
}

impl<S, B> Calls<S, B> {
    pub(super) fn new(service: S, template: Request<()>, answer: Answer) -> Self {
        Self {
            service,
            template,
            next: None,
            answer,
        }
    }

    fn call<ResBody>(&mut self) -> Response<ResBody>
    where
        S: Service<Request<B>, Response = Response<ResBody>, Error = Infallible>,
    {
        let mut cx = Context::from_waker(Waker::noop());
        let request = self.next.take().expect("a request was prepared");
        let ready = self.service.poll_ready(&mut cx);
        assert!(ready.is_ready(), "the service is always ready");
        let future = pin!(self.service.call(black_box(request)));
        match future.poll(&mut cx) {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => panic!("nothing here waits"),
        }
    }
}

impl<S, B, ResBody> Work for Calls<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>, Error = Infallible>,
    B: Default,
{
    fn prepare(&mut self) {
        self.next = Some(self.template.clone().map(|()| B::default()));
    }

    fn serve(&mut self) {
        drop(black_box(self.call()));
    }

    fn check(&mut self, name: &str) {
        self.prepare();
        let response = self.call();
        let headers = response.headers();
        let key = &b"partnero_referral=anna-7; "[..];
        let is_ours = |line: &HeaderValue| line.as_bytes().starts_with(key);
        let answer = Answer {
            status: response.status(),
            captures: headers.get_all(SET_COOKIE).iter().any(is_ours)
                && headers[CACHE_CONTROL].as_bytes().starts_with(b"private"),
        };
        assert_eq!(answer, self.answer, "{name}");
    }
}
