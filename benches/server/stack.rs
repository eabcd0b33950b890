//! Ten layers of tower-http, such as an app has around its routes.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{
    AUTHORIZATION, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use tower::ServiceBuilder;
use tower_http::add_extension::AddExtensionLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::propagate_header::PropagateHeaderLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// Nobody subscribes to the events of the first layer, so these ten cost less than an app's would.
pub(super) fn ten_layers(app: Router) -> Router {
    let always = |name: HeaderName, value| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    app.layer(
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http())
            .layer(RequestBodyLimitLayer::new(64 * 1_024))
            .layer(CatchPanicLayer::new())
            .layer(SetSensitiveRequestHeadersLayer::new([AUTHORIZATION]))
            .layer(PropagateHeaderLayer::new(HeaderName::from_static(
                "x-request-id",
            )))
            .layer(CorsLayer::permissive())
            .layer(always(STRICT_TRANSPORT_SECURITY, "max-age=63072000"))
            .layer(always(X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(AddExtensionLayer::new("eu-west-1"))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                Duration::from_secs(30),
            )),
    )
}
