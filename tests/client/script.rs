//! A Partnero that answers by a script, on a paused clock.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::Instant;
use tower::layer::layer_fn;
use tower_partnero::client::{ApiKey, Body, BoxError, Client, ClientBuilder, HttpService};
use tower_service::Service;

/// Somebody to ask for.
pub(crate) const READ: &str = "42";

/// What happens to one attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Answer(u16),
    RetryAfter(u16, &'static str),
    Never,
    Break,
}

/// Answers by a script, and notes when each attempt came.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    acts: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<Duration>>>,
    pub(crate) start: Instant,
}

impl Script {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self {
            acts: Arc::new(Mutex::new(acts.into_iter().collect())),
            seen: Arc::default(),
            start: Instant::now(),
        }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        let script = self.clone();
        Client::builder(ApiKey::new("s3cret").unwrap())
            .base_url("http://127.0.0.1:9/v1")
            .layer(layer_fn(move |_: HttpService| script.clone()))
    }

    pub(crate) fn seen(&self) -> Vec<Duration> {
        self.seen.lock().unwrap().clone()
    }
}

impl Service<Request<Body>> for Script {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        self.seen.lock().unwrap().push(self.start.elapsed());
        let act = self.acts.lock().unwrap().pop_front();
        Box::pin(async move {
            let (status, wait) = match act.unwrap_or(Act::Answer(200)) {
                Act::Answer(status) => (status, None),
                Act::RetryAfter(status, wait) => (status, Some(wait)),
                Act::Never => std::future::pending().await,
                Act::Break => return Err("the wire broke".into()),
            };
            let mut answer = Response::builder().status(status);
            if let Some(wait) = wait {
                answer = answer.header("retry-after", wait);
            }
            Ok(answer.body(Body::from(r#"{"data": {"id": "42"}}"#))?)
        })
    }
}
