//! Why a webhook was refused.

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

/// A request that is no event of Partnero's, or not one that counts.
///
/// [`kind`](Self::kind) says why, for a log or a counter. The sender learns less:
/// [`status`](Self::status) is the same for every request that was not proven to be Partnero's.
#[derive(Debug)]
pub struct WebhookError {
    kind: WebhookErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Why a webhook was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// There is no signature, or an empty one.
    MissingSignature,
    /// There are several signatures.
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
    /// The signature is not that of this body by any of the secrets: the body was changed on its
    /// way, or re-serialised by a proxy; the secret is another subscription's; or the sender is
    /// not Partnero.
    Mismatch,
    /// The event is older than the verifier allows, or as far in the future.
    Stale,
    /// The event does not say when it was made, and the verifier asks for it.
    NoTime,
    /// The signature is right, and the body is no JSON object with the name of an event.
    NoEvent,
    /// The body is larger than the receiver reads.
    TooLarge,
    /// The body ended before its time, or could not be read for another reason.
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

    /// What to answer. Not proven to be Partnero's: 401, whatever is wrong with it. A body that is
    /// too large: 413; one that could not be read: 400. Signed by Partnero and no event: 422.
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

    /// The answer, without a word about what was wrong.
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
            WebhookErrorKind::Mismatch => "the signature is not that of this body",
            WebhookErrorKind::Stale => "the event is too old, or of the future",
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
