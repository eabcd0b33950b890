//! The app's own layers around the wire.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::layer::layer_fn;
use tower::util::MapRequestLayer;
use tower_partnero::client::{ApiKey, Body, Client, ErrorKind, HttpService};
use tower_service::Service;

#[derive(Clone, Debug)]
struct Infallibly;

impl Service<Request<Body>> for Infallibly {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_sensitive = request.headers()["authorization"].is_sensitive();
        assert!(is_sensitive && request.headers()["accept"] == "application/json");
        let body = Body::from(r#"{"data": {"id": "from the layer"}}"#);
        std::future::ready(Ok(Response::new(body)))
    }
}

#[tokio::test]
async fn a_layer_of_the_app_may_answer_and_has_any_error_type() {
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url("http://127.0.0.1:9/v1")
        .layer(layer_fn(|_: HttpService| Infallibly))
        .build()
        .unwrap();
    let customer = client.customers().get("42").await.unwrap();
    assert_eq!(customer.id.as_deref(), Some("from the layer"));
}

/// Nothing was sent, and the same call would fail again.
#[tokio::test]
async fn an_address_that_a_layer_has_spoiled_is_the_apps_mistake() {
    let spoil = MapRequestLayer::new(|mut request: Request<Body>| {
        *request.uri_mut() = "/v1/customers/42".parse().unwrap();
        request
    });
    let client = Client::builder(ApiKey::new("s3cret").unwrap())
        .base_url("http://127.0.0.1:9/v1")
        .layer(spoil)
        .build()
        .unwrap();
    let error = client.customers().get("42").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::InvalidInput, 1)
    );
    assert!(!error.is_retryable());
}
