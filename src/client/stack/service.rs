//! The service that an app's own layers wrap.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::ServiceExt;
use tower::util::{BoxCloneSyncService, MapErr};
use tower_layer::Layer;
use tower_service::Service;

use crate::client::body::Body;

/// Any error, as tower's own layers have it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The future of an [`HttpService`]. It is written out because tower's own name for it would be a
/// part of our public API.
type HttpFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;
type Boxed = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// The service that carries one attempt of a call to Partnero and its answer back; what the
/// layers of [`ClientBuilder::layer`](super::super::ClientBuilder::layer) wrap.
#[derive(Clone)]
pub struct HttpService(Boxed);

impl HttpService {
    pub(super) fn new<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = BoxError>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        Self(BoxCloneSyncService::new(service))
    }

    pub(crate) fn wrapped<L>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Request<Body>, Response = Response<Body>>,
        L::Service: Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
    {
        let service: MapErr<L::Service, _> = layer.layer(self).map_err(Into::into);
        Self::new(service)
    }
}

impl Service<Request<Body>> for HttpService {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = HttpFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpService").finish_non_exhaustive()
    }
}
