//! Numbers for a monitoring system, through the facade crate [`metrics`](https://docs.rs/metrics).
//!
//! With the feature `metrics`, the crate counts by itself what the guide's page on
//! [metrics](crate::guide::metrics) lists, wherever the app has installed a recorder. Without the
//! feature nothing of it is compiled.
//!
//! Every label has few values: names of endpoints and outcomes, and the names that the app gives to its
//! programs. No label holds a key, an identifier or an address.

use ::metrics::{Unit, counter, describe_counter, describe_gauge};

/// Counter: what the layer decided about a request with a link, or with cookies to correct. Label:
/// [`outcome`](crate::Outcome::as_str).
pub const CAPTURES: &str = "partnero_captures_total";
/// Counter: calls to Partnero that have ended, each with all of its attempts. Labels: `method`,
/// `endpoint` (the path with placeholders, or `other` for a path of the app's own) and `outcome`
/// (`ok`, or the name of an [`ErrorKind`](crate::ErrorKind)).
pub const CALLS: &str = "partnero_calls_total";
/// Counter: tries to register a sign-up at Partnero, at once or from the outbox. Label: `outcome`
/// (the name of a [`Registration`](crate::Registration), or `failed`, `identifier_taken`,
/// `email_known`, `referrer_not_known_yet`).
pub const REGISTRATIONS: &str = "partnero_registrations_total";
/// Gauge: reports in the outbox that are neither delivered nor dead. Label: `program`.
pub const PENDING: &str = "partnero_outbox_pending";
/// Gauge: reports in the outbox that wait for another report. Label: `program`.
pub const HELD: &str = "partnero_outbox_held";
/// Gauge: dead letters, which wait for a person. Label: `program`.
pub const DEAD: &str = "partnero_outbox_dead";
/// Gauge: the age of the oldest pending report in seconds; 0 if none is pending. Label: `program`.
pub const OLDEST: &str = "partnero_outbox_oldest_seconds";
/// Gauge: 1 while all deliveries pause, because Partnero fails or has asked for it; else 0. Label:
/// `program`.
pub const PAUSED: &str = "partnero_outbox_paused";

/// The name of every metric.
pub const NAMES: &[&str] = &[
    CAPTURES,
    CALLS,
    REGISTRATIONS,
    PENDING,
    HELD,
    DEAD,
    OLDEST,
    PAUSED,
];

/// Tells the recorder what each metric means. Call it once, after the app has installed its
/// recorder; without it the metrics have no help text, and nothing else is missing.
pub fn describe() {
    describe_counter!(CAPTURES, "Requests with a link, by what the layer decided");
    describe_counter!(CALLS, "Calls to Partnero, by endpoint and outcome");
    describe_counter!(REGISTRATIONS, "Tries to register a sign-up, by outcome");
    describe_gauge!(PENDING, "Reports that are neither delivered nor dead");
    describe_gauge!(HELD, "Reports that wait for another report");
    describe_gauge!(DEAD, "Reports that wait for a person");
    describe_gauge!(OLDEST, Unit::Seconds, "Age of the oldest pending report");
    describe_gauge!(PAUSED, "Whether all deliveries pause");
}

/// Counts what the layer decided. Not inlined, because most requests have no link.
#[inline(never)]
pub(crate) fn captured(outcome: &'static str) {
    counter!(CAPTURES, "outcome" => outcome).increment(1);
}

#[cfg(feature = "client")]
pub(crate) fn called(method: &http::Method, endpoint: &'static str, outcome: &'static str) {
    let method = match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        // A method that an app has made up could have any name.
        _ => "other",
    };
    counter!(CALLS, "method" => method, "endpoint" => endpoint, "outcome" => outcome).increment(1);
}

#[cfg(feature = "client")]
pub(crate) fn registered(outcome: &'static str) {
    counter!(REGISTRATIONS, "outcome" => outcome).increment(1);
}
