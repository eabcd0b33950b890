//! The way of one call: tower layers around the service that speaks HTTP.
//!
//! From the outside in: retries, the concurrency limit, the gate, the time-out of one
//! attempt, the app's own layers, and reqwest. The deadline of the whole call stands outside of
//! all, in [`transport`](super::transport), since it also covers the wait to be let in.

mod expiring_body;
mod failure;
mod gated;
mod progress;
mod retry;
mod service;
mod wire;

use http::Request;
use tower::ServiceBuilder;
use tower::limit::ConcurrencyLimit;
use tower::retry::Retry;
use tower::timeout::Timeout;
use tower::util::MapRequest;

pub(super) use self::failure::Failure;
use self::gated::{Gated, GatedLayer};
pub(super) use self::progress::Progress;
use self::retry::RetryPolicy;
pub use self::service::{BoxError, HttpService};
pub(super) use self::wire::wire;
use super::body::Body;
use super::limits::Limits;
use crate::error::ConfigError;

type Mark = fn(Request<Body>) -> Request<Body>;

/// The layers of this crate, around those of the app.
pub(super) type Stack =
    Retry<RetryPolicy, ConcurrencyLimit<Gated<MapRequest<Timeout<HttpService>, Mark>>>>;

pub(super) fn stack(limits: &Limits, service: HttpService) -> Result<Stack, ConfigError> {
    let stack = ServiceBuilder::new()
        // Outside of the limit: a call that waits for its next attempt keeps no place from other
        // calls.
        .retry(RetryPolicy::new(limits)?)
        .concurrency_limit(limits.concurrency)
        // Inside of the limit: the answer of the gate is not out of date when a place is free at
        // last.
        .layer(GatedLayer)
        .map_request(mark as Mark)
        // Innermost: it counts the time of one attempt alone, without any wait before.
        .timeout(limits.timeout)
        .service(service);
    Ok(stack)
}

/// Notes that an attempt has begun. This stands outside of the app's layers: what those do with a
/// request is not known, so from here on the request counts as sent.
fn mark(request: Request<Body>) -> Request<Body> {
    if let Some(progress) = request.extensions().get::<Progress>() {
        progress.attempt();
    }
    request
}
