//! The sandbox's page in the browser: what the sandbox holds, and which requests came.

mod html;
mod sections;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Extracted;
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response};

use self::html::Html;
use super::state::State;

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// The page shows texts that strangers may have sent. Even if our escaping has a mistake, the
/// browser loads our style sheet and our icon alone and runs no script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn router() -> Router<Arc<State>> {
    let page = |Extracted(state): Extracted<Arc<State>>| {
        ready(respond("text/html; charset=utf-8", render(&state)))
    };
    let style = || ready(respond("text/css; charset=utf-8", STYLE.to_owned()));
    let icon = || ready(respond("image/svg+xml", ICON.to_owned()));
    Router::new()
        .route("/", get(page))
        .route("/icon.svg", get(icon))
        .route("/style.css", get(style))
}

fn respond(content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn render(state: &State) -> String {
    let mut html = Html::default();
    html.markup(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <title>Partnero sandbox</title><link rel=stylesheet href=/style.css>\
         <link rel=icon href=/icon.svg>",
    );
    let world = state.world();
    html.markup("<header><h1>Partnero sandbox</h1><p>A local stand-in for Partnero at <code>")
        .text(&world.settings.origin)
        .markup(
            "/v1</code>. It forgets everything when it stops. Reload this page to see what is new.\
             </p></header><main>",
        );
    sections::figures(&mut html, &world, state.log().len());
    sections::partners(&mut html, &world);
    sections::customers(&mut html, &world);
    sections::referrals(&mut html, &world);
    sections::transactions(&mut html, &world);
    sections::subscriptions(&mut html, &world);
    sections::webhooks(&mut html, &state.outbound.sent());
    sections::script_calls(&mut html, &state.script_calls().to_vec());
    sections::requests(&mut html, &state.log());
    html.markup("</main></html>");
    html.finish()
}
