//! The extractor in an axum app.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::response::IntoResponse;
use axum::routing::post;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, StreamBody};
use tower::ServiceExt;
use tower_partnero::webhook::{WebhookError, WebhookSecret};
use tower_partnero::{Event, WebhookVerifier};

use crate::support::{EVENT, signed, signed_by, verifier};

#[derive(Clone)]
struct AppState {
    verifier: WebhookVerifier,
    name: &'static str,
}

impl FromRef<AppState> for WebhookVerifier {
    fn from_ref(state: &AppState) -> Self {
        state.verifier.clone()
    }
}

async fn partnero(State(state): State<AppState>, event: Event) -> String {
    format!("{} {}", state.name, event.name())
}

async fn told(event: Result<Event, WebhookError>) -> impl IntoResponse {
    event.map(|_| "ok").map_err(|error| error.kind().as_str())
}

fn app() -> Router {
    Router::new()
        .route("/partnero", post(partnero))
        .route("/told", post(told))
        .layer(DefaultBodyLimit::max(10_000))
        .with_state(AppState {
            verifier: verifier(),
            name: "shop",
        })
}

async fn send(path: &str, headers: HeaderMap, body: impl Into<Body>) -> (u16, String) {
    let mut request = Request::post(path).body(body.into()).unwrap();
    *request.headers_mut() = headers;
    read(app().oneshot(request).await.unwrap()).await
}

async fn read(response: Response<Body>) -> (u16, String) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_handler_gets_a_verified_event() {
    let answer = send("/partnero", signed(EVENT), EVENT).await;
    assert_eq!(answer, (200, "shop customer.rewarded".to_owned()));
}

#[tokio::test]
async fn a_forgery_gets_no_further_and_learns_nothing() {
    let forged = signed_by(&WebhookSecret::new("guess").unwrap(), EVENT);
    for headers in [HeaderMap::new(), forged, signed("another body")] {
        let answer = send("/partnero", headers, EVENT).await;
        assert_eq!(answer, (401, String::new()));
    }
}

#[tokio::test]
async fn a_handler_may_ask_why() {
    assert_eq!(send("/told", signed(EVENT), EVENT).await.1, "ok");
    let answer = send("/told", HeaderMap::new(), EVENT).await;
    assert_eq!(answer.1, "missing_signature");
}

#[tokio::test]
async fn the_apps_body_limit_holds() {
    let large = "x".repeat(10 << 20);
    let headers = signed(&large);
    assert_eq!(
        send("/partnero", headers.clone(), large.clone()).await.0,
        413
    );
    // One that does not say how large it is.
    let chunks = large
        .into_bytes()
        .chunks(1_000)
        .map(<[u8]>::to_vec)
        .collect::<Vec<_>>();
    let frames = chunks
        .into_iter()
        .map(|chunk| Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from(chunk))));
    let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
    assert_eq!(send("/told", headers, body).await.1, "too_large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let frames = [
        Ok(http_body::Frame::data(Bytes::from_static(EVENT.as_bytes()))),
        Err(std::io::Error::other("cut")),
    ];
    let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
    let mut headers = signed(EVENT);
    headers.insert(CONTENT_LENGTH, 10_000.into());
    assert_eq!(send("/told", headers, body).await.1, "unreadable");
}
