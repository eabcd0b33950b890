//! One request and its end: faults, log, the bearer token, then the endpoint.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use serde_json::Value;
use tokio::time::sleep;
use tower_service::Service;

use super::answer::{Refusal, write};
use super::cut_body::cut_inside;
use super::fault::{CannedAnswer, Outcome};
use super::limiter::Exceeded;
use super::log::SandboxRequest;
use super::rules::Plan;
use super::state::State;

/// No body that the API documents comes near this.
const LONGEST_BODY: usize = 1 << 20;

/// How a request ends.
pub(super) enum Ending {
    Answer(Response<Body>),
    /// The connection is cut.
    Cut,
    /// Nothing comes while the connection lives.
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
    if !parts.uri.path().starts_with("/v1") {
        return ask(&mut router, Request::from_parts(parts, body.into())).await;
    }
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
    let admitted = state.admit();
    let plan = match &admitted {
        Ok(()) => state.rules().plan(&parts.method, parts.uri.path(), &body),
        Err(_) => Plan::default(),
    };

    wait(plan.delay_before).await;
    let mut ending = if let Err(Exceeded(retry_after)) = admitted {
        let mut response = refuse(&state, Refusal::status(StatusCode::TOO_MANY_REQUESTS));
        let retry_after = retry_after.map(|value| (RETRY_AFTER, value));
        response.headers_mut().extend(retry_after);
        Ending::Answer(response)
    } else if let Some(outcome) = plan.before {
        end(&state, outcome, None).await
    } else if is_authorised(&parts.headers, &state.api_key) {
        ask(&mut router, Request::from_parts(parts, body.into())).await
    } else {
        let refusal = Refusal::Plain(StatusCode::UNAUTHORIZED, "Unauthenticated.".to_owned());
        Ending::Answer(refuse(&state, refusal))
    };
    wait(plan.delay_after).await;
    if let Some(outcome) = plan.after {
        let response = match ending {
            Ending::Answer(response) => Some(response),
            Ending::Cut | Ending::Hang => None,
        };
        ending = end(&state, outcome, response).await;
    }

    if let Ending::Answer(response) = &ending {
        state.log().answered(number, response.status());
    }
    ending
}

/// Even a sleep of no length lasts a millisecond, as tokio's timers count.
async fn wait(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

async fn ask(router: &mut Router, request: Request<Body>) -> Ending {
    // A router is always ready, and its error type has no values.
    let Ok(response) = router.call(request).await;
    Ending::Answer(response)
}

fn is_authorised(headers: &HeaderMap, api_key: &str) -> bool {
    let value = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some((scheme, token)) = value.and_then(|value| value.split_at_checked(7)) else {
        return false;
    };
    scheme.eq_ignore_ascii_case(b"bearer ") && token == api_key.as_bytes()
}

/// Ends a request as a fault orders it; `response` is what it would have got.
async fn end(state: &State, outcome: Outcome, response: Option<Response<Body>>) -> Ending {
    match (outcome, response) {
        (Outcome::Answer(answer), _) => Ending::Answer(canned(state, answer)),
        (Outcome::CutInside, Some(response)) => Ending::Answer(cut_inside(response).await),
        (Outcome::Cut | Outcome::CutInside, _) => Ending::Cut,
        (Outcome::Hang, _) => Ending::Hang,
    }
}

fn refuse(state: &State, refusal: Refusal) -> Response<Body> {
    write(Err(refusal), &state.world().switches, true)
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
