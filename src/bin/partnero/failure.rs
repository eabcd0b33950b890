//! Why a command did not do what it was asked for.

use std::error::Error;
use std::io;

/// Each kind has an exit code of its own.
pub(crate) enum Failure {
    /// Nobody reads the output any more.
    Unread,
    /// It could not be done.
    Failed(String),
    /// The arguments cannot be meant.
    Mistake(String),
}

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    pub(crate) fn mistake(text: impl Into<String>) -> Self {
        Self::Mistake(text.into())
    }

    /// What to print; `None` if nobody reads it.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Unread => None,
            Self::Failed(text) | Self::Mistake(text) => Some(text),
        }
    }

    /// An error and its causes, behind what was tried.
    pub(crate) fn of(tried: &str, error: &(dyn Error + 'static)) -> Self {
        Self::Failed(format!("{tried}: {}", causes(error)))
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: &(dyn Error + 'static) = &error;
        let io = error.downcast_ref::<io::Error>();
        // Only printing writes to a pipe here. A broken connection to Partnero is a
        // `tower_partnero::Error`.
        if io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return Self::Unread;
        }
        Self::Failed(causes(error))
    }
}

/// An error with its causes, in one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat their cause in their own text.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
