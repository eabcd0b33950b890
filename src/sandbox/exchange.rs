//! One request from its arrival to its end: log, faults, bearer token, endpoint.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Frame;
use serde_json::Value;
use tokio::time::sleep;
use tower_service::Service;

use super::answer::{Refusal, write};
use super::fault::{CannedAnswer, FaultKind};
use super::snapshot::SandboxRequest;
use super::state::State;

/// A larger body is not read. All bodies that the API documents are far smaller.
const LONGEST_BODY: usize = 1 << 20;

/// How a request ends.
pub(super) enum Ending {
    Answer(Response<Body>),
    /// The connection is cut.
    Cut,
    /// The caller gets no answer for as long as it waits.
    Hang,
}

pub(super) async fn exchange(
    state: Arc<State>,
    mut router: Router,
    request: Request<Body>,
) -> Ending {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return Ending::Cut;
    };
    // The sandbox's page and the browser's script are no part of the API: no fault, no log, no
    // bearer token.
    if !parts.uri.path().starts_with("/v1") {
        return ask(&mut router, Request::from_parts(parts, body.into())).await;
    }
    // Noted before anything can go wrong, so that a test sees a request that got no answer as well.
    let number = state.log().push(SandboxRequest {
        method: parts.method.clone(),
        path: parts
            .uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
        status: None,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        received_at: SystemTime::now(),
    });
    // All faults are settled here, so that each of them counts a request once.
    let plan = state.rules().plan(&parts.method, parts.uri.path(), &body);

    wait(plan.delay_before).await;
    let mut ending = if let Some(fault) = plan.before {
        end(&state, fault, None).await
    } else if is_authorised(&parts.headers, &state.api_key) {
        ask(&mut router, Request::from_parts(parts, body.into())).await
    } else {
        let refusal = Refusal::Plain(StatusCode::UNAUTHORIZED, "Unauthenticated.".to_owned());
        Ending::Answer(refuse(&state, refusal))
    };
    wait(plan.delay_after).await;
    if let Some(fault) = plan.after {
        let response = match ending {
            Ending::Answer(response) => Some(response),
            Ending::Cut | Ending::Hang => None,
        };
        ending = end(&state, fault, response).await;
    }

    if let Ending::Answer(response) = &ending
        && let Some(request) = state.log().get_mut(number)
    {
        request.status = Some(response.status());
    }
    ending
}

/// tokio's shortest sleep takes a millisecond, so no delay must be no sleep.
async fn wait(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

async fn ask(router: &mut Router, request: Request<Body>) -> Ending {
    // `poll_ready` need not be called: an axum router is always ready. Its error type has no
    // values.
    let Ok(response) = router.call(request).await;
    Ending::Answer(response)
}

fn is_authorised(headers: &HeaderMap, api_key: &str) -> bool {
    let value = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some((scheme, token)) = value.and_then(|value| value.split_at_checked(7)) else {
        return false;
    };
    // The scheme's case does not count (RFC 9110, section 11.1).
    scheme.eq_ignore_ascii_case(b"bearer ") && token == api_key.as_bytes()
}

/// Ends a request as a fault orders it. `response` is the answer without the fault, if there is
/// one.
async fn end(state: &State, fault: FaultKind, response: Option<Response<Body>>) -> Ending {
    match (fault, response) {
        (FaultKind::Answer(answer), _) => Ending::Answer(canned(state, answer)),
        (FaultKind::CutInside, Some(response)) => Ending::Answer(cut_inside(response).await),
        (FaultKind::Cut | FaultKind::CutInside, _) => Ending::Cut,
        (FaultKind::Hang, _) => Ending::Hang,
    }
}

fn refuse(state: &State, refusal: Refusal) -> Response<Body> {
    write(Err(refusal), &state.world().switches)
}

fn canned(state: &State, answer: CannedAnswer) -> Response<Body> {
    let mut response = match answer.body {
        None => refuse(state, Refusal::status(answer.status)),
        Some((body, content_type)) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = answer.status;
            if let Some(content_type) = content_type {
                response.headers_mut().insert(CONTENT_TYPE, content_type);
            }
            response
        }
    };
    response.headers_mut().extend(answer.headers);
    response
}

/// The answer with the length of its whole body, but only half of its bytes.
async fn cut_inside(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    // No limit is needed: our own answers are in memory already.
    let body = to_bytes(body, usize::MAX)
        .await
        .unwrap_or_else(|_| Bytes::new());
    // So that the caller knows that something is missing.
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    Response::from_parts(parts, Body::new(CutBody::Half(half)))
}

enum CutBody {
    Half(Bytes),
    /// hyper sends the first half only when the body has nothing more at the moment.
    Pause,
    Cut,
}

impl HttpBody for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Half(half) => {
                let half = std::mem::take(half);
                *self = Self::Pause;
                Poll::Ready(Some(Ok(Frame::data(half))))
            }
            Self::Pause => {
                *self = Self::Cut;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Cut => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }
}
