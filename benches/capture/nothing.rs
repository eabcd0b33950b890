//! A layer that does nothing: the cost that every tower layer has.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

#[derive(Clone)]
pub(super) struct NothingLayer;

#[derive(Clone)]
pub(super) struct NothingService<S> {
    inner: S,
}

#[pin_project]
pub(super) struct NothingFuture<F> {
    #[pin]
    inner: F,
}

impl<S> Layer<S> for NothingLayer {
    type Service = NothingService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        NothingService { inner }
    }
}

impl<S, Request> Service<Request> for NothingService<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = NothingFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        NothingFuture {
            inner: self.inner.call(request),
        }
    }
}

impl<F: Future> Future for NothingFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}
