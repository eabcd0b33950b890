//! No attempt while Partnero has asked for a pause.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::Request;
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::failure::Failure;
use super::progress::Progress;
use super::service::BoxError;
use crate::client::body::Body;
use crate::client::kind::ErrorKind;
use crate::client::pause::Pause;

#[derive(Clone, Copy, Debug)]
pub(super) struct PausedLayer;

impl<S> Layer<S> for PausedLayer {
    type Service = Paused<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Paused { inner }
    }
}

/// Refuses an attempt whose call keeps a pause that is on.
#[derive(Clone, Debug)]
pub(crate) struct Paused<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Paused<S>
where
    S: Service<Request<Body>, Error = BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = PausedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let progress = request.extensions().get::<Progress>();
        let is_on = progress.and_then(Progress::pause).is_some_and(Pause::is_on);
        PausedFuture {
            call: (!is_on).then(|| self.inner.call(request)),
        }
    }
}

#[pin_project]
#[derive(Debug)]
pub(crate) struct PausedFuture<F> {
    #[pin]
    call: Option<F>,
}

impl<F, T> Future for PausedFuture<F>
where
    F: Future<Output = Result<T, BoxError>>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(call) = self.project().call.as_pin_mut() {
            return call.poll(cx);
        }
        let refusal = Failure::new(ErrorKind::Busy).with_message("Partnero has asked to wait");
        Poll::Ready(Err(refusal.into()))
    }
}
