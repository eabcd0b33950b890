//! The extractor for axum, and its answer to a refused request.

use axum_core::body::Body;
use axum_core::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};

use super::error::{WebhookError, WebhookErrorKind};
use super::event::Event;
use super::verifier::WebhookVerifier;

/// A verified event: the last argument of its handler, because it takes the body.
///
/// The verifier comes from the app's state through `FromRef`; without one the app does not compile.
/// The body is read as axum's own extractors read it, so the app's `DefaultBodyLimit` holds. The
/// server has to limit how long a sender may take.
///
/// ```
/// use axum::extract::FromRef;
/// use axum::{Router, routing::post};
/// use tower_partnero::{Event, WebhookVerifier};
///
/// #[derive(Clone)]
/// struct AppState {
///     webhooks: WebhookVerifier,
/// }
///
/// impl FromRef<AppState> for WebhookVerifier {
///     fn from_ref(state: &AppState) -> Self {
///         state.webhooks.clone()
///     }
/// }
///
/// async fn partnero(event: Event) {
///     println!("{}", event.name());
/// }
///
/// fn app(webhooks: WebhookVerifier) -> Router {
///     Router::new()
///         .route("/partnero", post(partnero))
///         .with_state(AppState { webhooks })
/// }
/// ```
impl<S> FromRequest<S> for Event
where
    S: Send + Sync,
    WebhookVerifier: FromRef<S>,
{
    type Rejection = WebhookError;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Self::Rejection> {
        // `Bytes` takes the whole request, and the signature stands in its headers.
        let headers = std::mem::take(request.headers_mut());
        let body = bytes::Bytes::from_request(request, state).await;
        let event = match body {
            Ok(body) => WebhookVerifier::from_ref(state).verify(&headers, body),
            Err(rejection) => Err(unread(rejection)),
        };
        #[cfg(feature = "tracing")]
        if let Err(error) = &event {
            error.log();
        }
        event
    }
}

fn unread(rejection: BytesRejection) -> WebhookError {
    let kind = match &rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            WebhookErrorKind::TooLarge
        }
        _ => WebhookErrorKind::Unreadable,
    };
    WebhookError::new(kind).with_source(rejection)
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        self.response().map(Body::from)
    }
}
