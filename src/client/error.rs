//! One error for every call, which tells the whole story.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};

/// A call to Partnero that did not do what was asked.
///
/// One word wide. [`kind`](Self::kind) says what to do about it; the rest says what happened:
/// Partnero's own message and field errors, the status, the time it took, and by
/// [`source`](StdError::source) what the network said. It holds no API key, and names the
/// endpoint without the ids in it.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    call: CallSummary,
    elapsed: Option<Duration>,
    status: Option<StatusCode>,
    message: Option<String>,
    field_errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What an error remembers of its call.
#[derive(Clone, Debug)]
pub(crate) struct CallSummary {
    pub(crate) method: Method,
    /// The endpoint's path with placeholders, free of anybody's e-mail address.
    pub(crate) endpoint: &'static str,
    /// Whether sending the call twice has the effect of sending it once.
    pub(crate) repeatable: bool,
}

impl CallSummary {
    /// The call that a sign-up comes down to. Sent twice it makes one customer, because Partnero
    /// keeps `id`, `key` and `email` unique.
    pub(crate) fn create_customer() -> Self {
        Self {
            method: Method::POST,
            endpoint: "/customers",
            repeatable: true,
        }
    }
}

/// What went wrong, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call was refused here and never sent: an input that Partnero could not take.
    InvalidInput,
    /// No connection was made. Nothing reached Partnero.
    Connect,
    /// No answer came in time. Partnero may have done what was asked.
    Timeout,
    /// The connection broke after the call was sent. Partnero may have done what was asked.
    Interrupted,
    /// The API key is wrong, or may not do this (401, 403).
    Unauthorized,
    /// There is no such thing at Partnero (404).
    NotFound,
    /// It clashes with something that is there (409).
    Conflict,
    /// Partnero found the input invalid (422); see [`Error::field_errors`]. A duplicate customer
    /// is answered this way, too.
    Invalid,
    /// Partnero refused otherwise: any other 4xx, or a failure told in the body of a success.
    Rejected,
    /// Too many calls (429). Nothing was done; see [`Error::retry_after`].
    RateLimited,
    /// Partnero failed (5xx, 408). It may have done what was asked.
    Server,
    /// The answer could not be understood. Partnero may have done what was asked.
    Decode,
}

/// What Partnero says about one field of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The field's name, as Partnero spells it; empty where Partnero names none.
    pub field: String,
    /// What is wrong with it, in Partnero's words.
    pub messages: Vec<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, call: &CallSummary) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                call: call.clone(),
                elapsed: None,
                status: None,
                message: None,
                field_errors: Vec::new(),
                retry_after: None,
                source: None,
            }),
        }
    }

    pub(crate) fn with_elapsed(mut self, elapsed: Duration) -> Self {
        self.inner.elapsed = Some(elapsed);
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.inner.status = Some(status);
        self
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.inner.message = Some(message.into());
        self
    }

    pub(crate) fn with_field_errors(mut self, field_errors: Vec<FieldError>) -> Self {
        self.inner.field_errors = field_errors;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.inner.retry_after = retry_after;
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The status of Partnero's answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.status
    }

    /// Partnero's own message, or what is wrong with an input that was never sent.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.inner.message.as_deref()
    }

    /// What Partnero says about single fields; empty where it says nothing.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        &self.inner.field_errors
    }

    /// How long Partnero asks to wait before the next call, counted from its answer.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Whether the same call may help later and cannot have its effect twice.
    ///
    /// After [`Connect`](ErrorKind::Connect) and [`RateLimited`](ErrorKind::RateLimited) nothing
    /// happened at Partnero. After a time-out, a cut connection, a 5xx or an answer that makes no
    /// sense, nobody knows; then only a call that does no harm twice is retryable, such as a
    /// read, or a new customer, whose id Partnero keeps unique.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Connect | ErrorKind::RateLimited => true,
            ErrorKind::Timeout | ErrorKind::Interrupted | ErrorKind::Server | ErrorKind::Decode => {
                self.inner.call.repeatable
            }
            _ => false,
        }
    }
}

impl ErrorKind {
    fn phrase(self) -> &'static str {
        match self {
            Self::InvalidInput => "was not sent",
            Self::Connect => "could not connect",
            Self::Timeout => "timed out",
            Self::Interrupted => "was cut off",
            Self::Unauthorized => "was not authorized",
            Self::NotFound => "found nothing",
            Self::Conflict => "met a conflict",
            Self::Invalid => "was found invalid",
            Self::Rejected => "was rejected",
            Self::RateLimited => "came too often",
            Self::Server => "failed at Partnero",
            Self::Decode => "got an answer that makes no sense",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        write!(
            f,
            "{} {} {}",
            inner.call.method,
            inner.call.endpoint,
            inner.kind.phrase()
        )?;
        if let Some(status) = inner.status {
            write!(f, " ({status})")?;
        }
        if let Some(elapsed) = inner.elapsed {
            write!(f, " after {elapsed:.1?}")?;
        }
        if let Some(message) = &inner.message {
            write!(f, ": {message}")?;
        }
        for error in &inner.field_errors {
            write!(f, "; {}: {}", error.field, error.messages.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("method", &self.inner.call.method)
            .field("endpoint", &self.inner.call.endpoint)
            .field("status", &self.inner.status)
            .field("elapsed", &self.inner.elapsed)
            .field("message", &self.inner.message)
            .field("field_errors", &self.inner.field_errors)
            .field("retry_after", &self.inner.retry_after)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.inner.source.as_deref()?;
        Some(source)
    }
}
