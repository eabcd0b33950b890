//! A stand-in for Partnero's browser script, to try a page with a [`Snippet`](crate::Snippet)
//! without Partnero.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use super::state::State;

pub(super) const SCRIPT_PATH: &str = "/js/universal.js";

const SCRIPT: &str = include_str!("universal.js");

pub(super) fn router() -> Router<Arc<State>> {
    Router::new()
        .route(SCRIPT_PATH, get(|| ready(javascript(SCRIPT))))
        .route("/program/{id}/settings/settings.js", get(settings))
        .route("/js/calls", post(hear))
}

async fn settings(Extracted(state): Extracted<Arc<State>>, Path(id): Path<String>) -> Response {
    let world = state.world();
    if world.settings.program_id != id {
        return StatusCode::NOT_FOUND.into_response();
    }
    // The defaults of the program's kind: H/204 and H/274 name the parameters and the 30 days. It
    // is not known what Partnero's own file looks like.
    let program = world.settings.program;
    let parameter = program.parameters().first().copied().unwrap_or_default();
    let cookie = program.cookie_name();
    javascript(format!(
        "partneroSandbox({{ parameter: \"{parameter}\", cookie: \"{cookie}\", days: 30 }});\n"
    ))
}

/// The body of the answer would be useless: the script belongs to another origin and may not read
/// it.
async fn hear(Extracted(state): Extracted<Arc<State>>, body: Bytes) -> StatusCode {
    match serde_json::from_slice(&body) {
        Ok(call) => {
            state.script_calls().push(call);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

fn javascript(code: impl IntoResponse) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, code).into_response()
}
