//! Why a webhook was refused.

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

/// A webhook request that was refused.
///
/// [`kind`](Self::kind) says why, for a log or a counter. The sender learns less:
/// [`status`](Self::status) is the same for every request whose signature does not prove that
/// Partnero sent it.
#[derive(Debug)]
pub struct WebhookError {
    kind: WebhookErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Why a webhook was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// The request has no signature, or an empty one.
    MissingSignature,
    /// The request has several signatures.
    SeveralSignatures,
    /// The signature has bytes that are not ASCII.
    SignatureNotAscii,
    /// The signature has a prefix, such as `sha256=`. Partnero's has none.
    SignaturePrefix,
    /// The signature is not 64 characters long.
    SignatureLength,
    /// The signature is in upper-case hex. Partnero's is in lower case.
    SignatureUpperCase,
    /// The signature is no hex.
    SignatureNotHex,
    /// The signature does not belong to this body under any of the secrets. The body was changed on
    /// its way, for example by a proxy that wrote the JSON again; or the secret is another
    /// subscription's; or the sender is not Partnero.
    Mismatch,
    /// The event is older than the verifier allows, or further in the future.
    Stale,
    /// The event has no time, and the verifier has a [`max_age`](super::WebhookVerifier::max_age).
    NoTime,
    /// The signature is right, and the body is no JSON object with the name of an event.
    NoEvent,
    /// The body is larger than the receiver reads.
    TooLarge,
    /// The body ended too early, or could not be read for another reason.
    Unreadable,
}

impl WebhookErrorKind {
    /// A word for logs and counters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::SeveralSignatures => "several_signatures",
            Self::SignatureNotAscii => "signature_not_ascii",
            Self::SignaturePrefix => "signature_prefix",
            Self::SignatureLength => "signature_length",
            Self::SignatureUpperCase => "signature_upper_case",
            Self::SignatureNotHex => "signature_not_hex",
            Self::Mismatch => "mismatch",
            Self::Stale => "stale",
            Self::NoTime => "no_time",
            Self::NoEvent => "no_event",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
        }
    }
}

impl WebhookError {
    pub(super) fn new(kind: WebhookErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(super) fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Box::new(source)),
            ..self
        }
    }

    /// Why it was refused.
    #[must_use]
    pub fn kind(&self) -> WebhookErrorKind {
        self.kind
    }

    /// The status to answer with: 413 for a body that is too large, 400 for a body that could not be
    /// read, 422 for a signed body that is no event, and 401 for everything else.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.kind {
            WebhookErrorKind::NoEvent => StatusCode::UNPROCESSABLE_ENTITY,
            WebhookErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            WebhookErrorKind::Unreadable => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// Says in a `tracing` event why a request was refused.
    #[cfg(feature = "tracing")]
    pub(super) fn log(&self) {
        tracing::warn!(reason = self.kind.as_str(), "a webhook was refused");
    }

    /// The answer. It does not tell the sender what was wrong.
    #[cfg(feature = "axum")]
    pub(super) fn response(&self) -> http::Response<&'static str> {
        let mut response = http::Response::new("");
        *response.status_mut() = self.status();
        response
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            WebhookErrorKind::MissingSignature => "there is no signature",
            WebhookErrorKind::SeveralSignatures => "there are several signatures",
            WebhookErrorKind::SignatureNotAscii => "the signature is not ASCII",
            WebhookErrorKind::SignaturePrefix => "the signature has a prefix",
            WebhookErrorKind::SignatureLength => "the signature is not 64 characters long",
            WebhookErrorKind::SignatureUpperCase => "the signature is in upper case",
            WebhookErrorKind::SignatureNotHex => "the signature is no hex",
            WebhookErrorKind::Mismatch => "the signature does not belong to this body",
            WebhookErrorKind::Stale => "the event is too old, or in the future",
            WebhookErrorKind::NoTime => "the event does not say when it was made",
            WebhookErrorKind::NoEvent => "the body is no event",
            WebhookErrorKind::TooLarge => "the body is too large",
            WebhookErrorKind::Unreadable => "the body could not be read",
        })
    }
}

impl StdError for WebhookError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}
