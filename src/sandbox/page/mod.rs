//! The sandbox's page in the browser: what it holds and what it was asked.

mod html;
mod requests;
mod script;
mod tables;
mod tree;

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

/// No table shows more rows than this.
const MOST_ROWS: usize = 200;

const STYLE: &str = include_str!("style.css");

/// Nothing but our own style sheet: no script, no form, no frame, no foreign origin.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(super) fn router() -> Router<Arc<State>> {
    let page = |Extracted(state): Extracted<Arc<State>>| {
        ready(respond("text/html; charset=utf-8", render(&state)))
    };
    let style = || ready(respond("text/css; charset=utf-8", STYLE.to_owned()));
    Router::new()
        .route("/", get(page))
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
         <title>Partnero sandbox</title><link rel=stylesheet href=/style.css>",
    );
    let (requests, asked) = {
        let log = state.log();
        (log.newest(MOST_ROWS), log.len())
    };
    let world = state.world();
    html.markup("<header><h1>Partnero sandbox</h1><p>A local stand-in at <code>")
        .text(&world.settings.origin)
        .markup("/v1</code>. Nothing here is real, and nothing outlives it. Reload to look again.</p></header><main>");

    let referred = world
        .customers
        .iter()
        .filter(|customer| customer.referrer.is_some());
    html.markup("<ul class=figures>");
    for (number, name) in [
        (world.customers.iter().count(), "Customers"),
        (referred.count(), "Referred"),
        (world.transactions.iter().count(), "Transactions"),
        (asked, "Requests"),
    ] {
        html.markup("<li><b>")
            .number(number)
            .markup("</b> ")
            .text(name)
            .markup("</li>");
    }
    html.markup("</ul>");

    tables::customers(&mut html, &world);
    tree::who_brought_whom(&mut html, &world);
    tables::transactions(&mut html, &world);
    tables::subscriptions(&mut html, &world);
    script::calls(&mut html, &state.script_calls().to_vec());
    requests::log(&mut html, &requests, asked);
    html.markup("</main></html>");
    html.finish()
}

/// Opens a section with its title.
fn section(html: &mut Html, title: &'static str) {
    html.markup("<section><h2>").markup(title).markup("</h2>");
}

/// Says how many rows are not shown, and closes a section.
fn close_section(html: &mut Html, count: usize) {
    if count > MOST_ROWS {
        html.markup("<p class=more>The newest ")
            .number(MOST_ROWS)
            .markup(" of ")
            .number(count)
            .markup(" are shown.</p>");
    }
    html.markup("</section>");
}
