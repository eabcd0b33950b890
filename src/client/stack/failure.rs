//! Why an attempt got no answer.

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;
use tower::timeout::error::Elapsed;

use super::service::BoxError;
use crate::client::error::Error;
use crate::client::kind::ErrorKind;
use crate::client::summary::CallSummary;

/// The error of this crate's own services. The app's layers may pass it on or wrap it.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    status: Option<StatusCode>,
    message: Option<String>,
    cause: Option<String>,
    source: Option<BoxError>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            status: None,
            message: None,
            cause: None,
            source: None,
        }
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// What the network said, in the words of the innermost error.
    pub(super) fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(super) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The error that a caller sees of an attempt's error.
    pub(crate) fn describe(error: BoxError, call: &CallSummary) -> Error {
        let failure = match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(other) => Self::new(kind_of(other.as_ref())).with_source(other),
        };
        failure.into_error(call)
    }

    pub(crate) fn into_error(self, call: &CallSummary) -> Error {
        let mut error = Error::new(self.kind, call);
        if let Some(status) = self.status {
            error = error.with_status(status);
        }
        if let Some(message) = self.message {
            error = error.with_message(message);
        }
        if let Some(cause) = self.cause {
            error = error.with_cause(cause);
        }
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// The kind of an attempt's error. An error of the app's own layer does not say whether the call was
/// sent, so it counts as a cut connection.
pub(super) fn kind_of(error: &(dyn StdError + 'static)) -> ErrorKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return failure.kind;
        }
        if error.is::<Elapsed>() {
            return ErrorKind::Timeout;
        }
        // A layer of the app may have wrapped the error in one of its own.
        next = error.source();
    }
    ErrorKind::Interrupted
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the attempt {}", self.kind.phrase())
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Wrapper(BoxError);

    impl fmt::Display for Wrapper {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a layer's own words")
        }
    }

    impl StdError for Wrapper {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(self.0.as_ref())
        }
    }

    #[test]
    fn a_wrapped_failure_keeps_its_kind() {
        let wrapped = Wrapper(Failure::new(ErrorKind::Connect).into());
        assert_eq!(kind_of(&wrapped), ErrorKind::Connect);
        let wrapped = Wrapper(Box::new(Wrapper(Elapsed::new().into())));
        assert_eq!(kind_of(&wrapped), ErrorKind::Timeout);
    }

    /// A layer of the app may write down what is behind an error.
    #[test]
    fn a_failure_says_what_is_behind_it() {
        let failure = Failure::new(ErrorKind::Connect).with_source("refused");
        assert_eq!(failure.source().unwrap().to_string(), "refused");
    }

    #[test]
    fn an_unknown_error_may_have_been_sent() {
        let unknown = Wrapper("circuit open".into());
        assert_eq!(kind_of(&unknown), ErrorKind::Interrupted);
        let call = CallSummary::create_customer();
        let error = Failure::describe(unknown.into(), &call);
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert_eq!(error.source().unwrap().to_string(), "a layer's own words");
    }
}
