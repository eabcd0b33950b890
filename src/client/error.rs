//! The error of every call.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::kind::ErrorKind;
use super::summary::CallSummary;

/// A call to Partnero that did not do what was asked.
///
/// [`kind`](Self::kind) decides what to do about it. Its text says what happened: the address and
/// the endpoint, the status, the time it took, Partnero's own message and field errors, or else
/// what the network said. [`source`](StdError::source) is the network's error. It holds no API
/// key, and names the endpoint without the ids in it. It is one pointer wide.
pub struct Error {
    inner: Box<Inner>,
}

/// What a call took, for the text of an error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effort {
    /// The base URL that the call went to. It holds no secret.
    pub(crate) address: Arc<str>,
    pub(crate) elapsed: Duration,
    /// How many attempts were sent.
    pub(crate) attempts: u32,
}

struct Inner {
    /// How the call ended. What that means for this call, [`Error::kind`] says.
    ended: ErrorKind,
    call: CallSummary,
    /// `None` for a call that was refused before it was sent.
    effort: Option<Effort>,
    status: Option<StatusCode>,
    message: Option<String>,
    /// What the network said, in the words of the innermost error.
    cause: Option<String>,
    field_errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
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
                ended: kind,
                call: call.clone(),
                effort: None,
                status: None,
                message: None,
                cause: None,
                field_errors: Vec::new(),
                retry_after: None,
                source: None,
            }),
        }
    }

    pub(crate) fn with_effort(mut self, effort: Effort) -> Self {
        self.inner.effort = Some(effort);
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

    pub(crate) fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.inner.cause = Some(cause.into());
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
        if self.is_ambiguous() {
            ErrorKind::Ambiguous
        } else {
            self.inner.ended
        }
    }

    /// The status of Partnero's answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.status
    }

    /// Partnero's own message, or why an input was refused without being sent.
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

    /// The base URL that the call went to; `None` for a call that was refused before that.
    #[cfg(feature = "tracing")]
    pub(crate) fn address(&self) -> Option<&str> {
        self.inner.effort.as_ref().map(|effort| &*effort.address)
    }

    /// How many attempts were sent; 0 for a call that was never sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.inner
            .effort
            .as_ref()
            .map_or(0, |effort| effort.attempts)
    }

    /// Whether the same call may succeed later, and cannot have its effect twice.
    ///
    /// After [`Connect`](ErrorKind::Connect), [`Busy`](ErrorKind::Busy) and
    /// [`RateLimited`](ErrorKind::RateLimited) nothing happened at Partnero. After a time-out, a
    /// cut connection, a 5xx, or an answer that cannot be understood, Partnero may have done what
    /// the call asks for. Then only a call is retryable that has the same effect when it is sent
    /// twice, such as a read, or a new customer, whose id Partnero keeps unique. Any other call is
    /// [`Ambiguous`](ErrorKind::Ambiguous), and not retryable.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::Connect | ErrorKind::Busy | ErrorKind::RateLimited => true,
            // It must be found out first what happened; a call that is simply sent again may have
            // its effect twice.
            ErrorKind::Ambiguous => false,
            kind => kind.leaves_doubt(),
        }
    }

    /// A failure in the body of a success proves less than a 4xx. For a call that must not be sent
    /// twice it counts as doubt.
    fn is_ambiguous(&self) -> bool {
        // A 2xx that could not be understood: the money may have moved.
        let is_odd_success = self.inner.status.is_some_and(|status| status.is_success());
        !self.inner.call.repeatable && (self.inner.ended.leaves_doubt() || is_odd_success)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        // The endpoint, not the path: the path holds the id of a person.
        write!(f, "{} {}", inner.call.method, inner.call.endpoint)?;
        if let Some(effort) = &inner.effort {
            write!(f, " at {}", effort.address)?;
        }
        write!(f, " {}", inner.ended.phrase())?;
        if let Some(status) = inner.status {
            write!(f, " ({status})")?;
        }
        if let Some(effort) = &inner.effort {
            write!(f, " after {:.1?}", effort.elapsed)?;
            if effort.attempts > 1 {
                write!(f, " and {} attempts", effort.attempts)?;
            }
        }
        for words in [&inner.message, &inner.cause].into_iter().flatten() {
            write!(f, ": {words}")?;
        }
        for error in &inner.field_errors {
            write!(f, "; {}: {}", error.field, error.messages.join(", "))?;
        }
        if self.is_ambiguous() {
            write!(
                f,
                "; it may have happened nevertheless: before it is sent again, {}",
                inner.call.find_out
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("ended", &self.inner.ended)
            .field("method", &self.inner.call.method)
            .field("endpoint", &self.inner.call.endpoint)
            .field("status", &self.inner.status)
            .field("effort", &self.inner.effort)
            .field("message", &self.inner.message)
            .field("cause", &self.inner.cause)
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

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn ended(kind: ErrorKind, status: Option<u16>, repeatable: bool) -> Error {
        let call = if repeatable {
            CallSummary::create_customer()
        } else {
            CallSummary::once(Method::POST, "/transactions", "look it up by its key")
        };
        let error = Error::new(kind, &call);
        match status {
            Some(status) => error.with_status(StatusCode::from_u16(status).unwrap()),
            None => error,
        }
    }

    #[test]
    fn doubt_about_a_call_that_must_not_be_repeated_is_a_kind_of_its_own() {
        for (kind, status) in [
            (ErrorKind::Timeout, None),
            (ErrorKind::Interrupted, None),
            (ErrorKind::Server, Some(500)),
            (ErrorKind::Decode, Some(302)),
            (ErrorKind::Decode, Some(200)),
            (ErrorKind::Rejected, Some(200)),
        ] {
            let error = ended(kind, status, false);
            assert_eq!(error.kind(), ErrorKind::Ambiguous, "{kind:?}");
            assert!(!error.is_retryable());
            let text = error.to_string();
            assert!(text.ends_with("look it up by its key"), "{text}");
            assert_eq!(ended(kind, status, true).kind(), kind);
        }
    }

    #[test]
    fn what_proves_that_nothing_happened_is_never_ambiguous() {
        for (kind, status, retryable) in [
            (ErrorKind::InvalidInput, None, false),
            (ErrorKind::Busy, None, true),
            (ErrorKind::Connect, None, true),
            (ErrorKind::RateLimited, Some(429), true),
            (ErrorKind::Unauthorized, Some(401), false),
            (ErrorKind::NotFound, Some(404), false),
            (ErrorKind::Conflict, Some(409), false),
            (ErrorKind::Invalid, Some(422), false),
            (ErrorKind::Rejected, Some(400), false),
        ] {
            let error = ended(kind, status, false);
            assert_eq!((error.kind(), error.is_retryable()), (kind, retryable));
        }
    }
}
