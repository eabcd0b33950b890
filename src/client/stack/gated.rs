//! A layer that sends no attempt while the gate of a delivery is shut.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Request;
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::failure::Failure;
use super::progress::Progress;
use super::service::BoxError;
use crate::client::body::Body;
use crate::client::gate::Answer;
use crate::client::kind::ErrorKind;

#[derive(Clone, Copy, Debug)]
pub(super) struct GatedLayer;

impl<S> Layer<S> for GatedLayer {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Gated { inner }
    }
}

/// Asks the gate of the call, if the call has one, right before each attempt.
#[derive(Clone, Debug)]
pub(crate) struct Gated<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Error = BoxError> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = GatedFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let progress = request.extensions().get::<Progress>();
        let Some(gate) = progress.and_then(Progress::gate) else {
            return GatedFuture::Calling(self.inner.call(request));
        };
        let answer = gate.lets_pass();
        // `poll_ready` was called on this service and not on its clone, so this one is called.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        GatedFuture::Asking(answer, Some(Box::new((inner, request))))
    }
}

#[pin_project(project = FutureProjection)]
pub(crate) enum GatedFuture<S: Service<Request<Body>>> {
    Asking(Answer<bool>, Option<Box<(S, Request<Body>)>>),
    Calling(#[pin] S::Future),
}

impl<S> Future for GatedFuture<S>
where
    S: Service<Request<Body>, Error = BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let call = match self.as_mut().project() {
                FutureProjection::Calling(call) => return call.poll(cx),
                FutureProjection::Asking(answer, call) => {
                    let passes = ready!(answer.as_mut().poll(cx));
                    call.take().filter(|_| passes)
                }
            };
            let Some(call) = call else {
                let refusal = Failure::new(ErrorKind::Busy).with_message(
                    "all deliveries pause, because Partnero asked for it or is not there",
                );
                return Poll::Ready(Err(refusal.into()));
            };
            let (mut service, request) = *call;
            self.set(Self::Calling(service.call(request)));
        }
    }
}
