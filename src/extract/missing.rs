//! The error for a handle that is not among the extensions of a request.

use std::any::type_name;
use std::error::Error;
use std::fmt;

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;

/// A handler asks for [`FromExtension`](super::FromExtension), and its route has no `Extension` layer
/// with the handle.
///
/// The developer of the app has to add the layer, so every such request is logged as an error event.
/// The answer is a `500 Internal Server Error` and tells the visitor nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionMissing {
    handle: &'static str,
}

impl ExtensionMissing {
    pub(super) fn logged<H>() -> Self {
        let missing = Self {
            handle: type_name::<H>(),
        };
        #[cfg(feature = "tracing")]
        tracing::error!("{missing}");
        missing
    }
}

impl fmt::Display for ExtensionMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { handle } = self;
        write!(
            f,
            "the request has no `{handle}` among its extensions: write \
             `.layer(axum::Extension(handle))` below the routes of the app, where `handle` is its \
             `{handle}`"
        )
    }
}

impl Error for ExtensionMissing {}

impl IntoResponse for ExtensionMissing {
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// Why [`FromExtension`](super::FromExtension) rejects a request: its handle is missing, or the
/// extractor inside of it rejects the request with `R`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FromExtensionRejection<R> {
    /// The request has no such handle.
    Missing(ExtensionMissing),
    /// The request was rejected with the handle.
    Refused(R),
}

impl<R> From<ExtensionMissing> for FromExtensionRejection<R> {
    fn from(missing: ExtensionMissing) -> Self {
        Self::Missing(missing)
    }
}

impl<R: fmt::Display> fmt::Display for FromExtensionRejection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => missing.fmt(f),
            Self::Refused(refused) => refused.fmt(f),
        }
    }
}

impl<R: Error> Error for FromExtensionRejection<R> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Missing(_) => None,
            Self::Refused(refused) => refused.source(),
        }
    }
}

impl<R: IntoResponse> IntoResponse for FromExtensionRejection<R> {
    fn into_response(self) -> Response {
        match self {
            Self::Missing(missing) => missing.into_response(),
            Self::Refused(refused) => refused.into_response(),
        }
    }
}
