//! The service that receives webhooks.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{ALLOW, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tower_service::Service;

use super::body;
use super::events::{Events, Received};
use crate::webhook::error::WebhookError;
use crate::webhook::event::Event;
use crate::webhook::verifier::WebhookVerifier;

/// How large a body may be: 1 MiB, far more than any object that the API answers with.
const BODY_LIMIT: usize = 1 << 20;

/// Receives webhooks in any tower server. See the [module docs](crate::webhook::receive) for an
/// example.
///
/// It answers 200 for an event that the app gets, 503 for an event that cannot be queued now, 405 for
/// any method but `POST`, and otherwise as [`WebhookError::status`] says. Partnero waits 5 seconds
/// for the answer (<https://docs.partnero.com/guides/webhooks/outgoing-webhooks>). The server has to
/// limit how long a sender may take for its body.
#[derive(Clone)]
pub struct WebhookService {
    verifier: WebhookVerifier,
    queue: mpsc::Sender<Received>,
    body_limit: usize,
    wait: Option<Duration>,
}

impl WebhookService {
    /// The service, and the queue from which the app takes the events. At most `capacity` events wait
    /// in the queue; 0 is taken as 1.
    #[must_use]
    pub fn new(verifier: WebhookVerifier, capacity: usize) -> (Self, Events) {
        let capacity = capacity.clamp(1, Semaphore::MAX_PERMITS);
        let (queue, events) = mpsc::channel(capacity);
        let service = Self {
            verifier,
            queue,
            body_limit: BODY_LIMIT,
            wait: None,
        };
        (service, Events::new(events))
    }

    /// How many bytes of a body are read; a larger one is a 413. Default: 1 MiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Answers Partnero when the app has [accepted](Received::accept) the event, and with a 503
    /// after this time. Keep it below the 5 seconds that Partnero waits, 4 for example. Default:
    /// answers at once.
    ///
    /// # Panics
    ///
    /// The service panics when it answers, if the tokio runtime has no timer, that is, if it was built
    /// without `enable_time` and `enable_all`.
    #[must_use]
    pub fn wait(mut self, time: Duration) -> Self {
        self.wait = Some(time);
        self
    }

    async fn receive<B: Body>(self, request: Request<B>) -> StatusCode {
        if request.method() != Method::POST {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        match self.read(request).await {
            Ok(event) => self.hand_over(event).await,
            Err(error) => {
                #[cfg(feature = "tracing")]
                error.log();
                error.status()
            }
        }
    }

    async fn read<B: Body>(&self, request: Request<B>) -> Result<Event, WebhookError> {
        let (parts, body) = request.into_parts();
        let body = body::read(body, self.body_limit).await;
        let body = body.map_err(WebhookError::new)?;
        self.verifier.verify(&parts.headers, body)
    }

    async fn hand_over(self, event: Event) -> StatusCode {
        let Ok(place) = self.queue.try_reserve() else {
            #[cfg(feature = "tracing")]
            tracing::warn!(
                app_is_gone = self.queue.is_closed(),
                "a webhook was put off"
            );
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        let (received, accepted) = Received::new(event);
        place.send(received);
        let Some(time) = self.wait else {
            return StatusCode::OK;
        };
        match timeout(time, accepted).await {
            Ok(Ok(())) => StatusCode::OK,
            Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl<B> Service<Request<B>> for WebhookService
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = WebhookFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        WebhookFuture(Box::pin(self.clone().receive(request)))
    }
}

/// The answer of a [`WebhookService`].
pub struct WebhookFuture(Pin<Box<dyn Future<Output = StatusCode> + Send>>);

impl Future for WebhookFuture {
    type Output = Result<Response<String>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(|status| {
            let mut response = Response::new(String::new());
            *response.status_mut() = status;
            if status == StatusCode::METHOD_NOT_ALLOWED {
                let post = HeaderValue::from_static("POST");
                response.headers_mut().insert(ALLOW, post);
            }
            Ok(response)
        })
    }
}

impl fmt::Debug for WebhookFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookFuture").finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService")
            .field("verifier", &self.verifier)
            .field("capacity", &self.queue.max_capacity())
            .field("body_limit", &self.body_limit)
            .field("wait", &self.wait)
            .finish()
    }
}
