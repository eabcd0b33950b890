//! Why both sides could not be compared to the end.

use std::error::Error as StdError;
use std::fmt;

/// Both sides could not be compared to the end. What was told until then is true.
///
/// [`source`](StdError::source) is the error of the app's own list, the client's
/// [`Error`](crate::Error), or the outbox's `OutboxError`.
#[derive(Debug)]
pub struct ReconcileError {
    kind: ReconcileErrorKind,
    source: Box<dyn StdError + Send + Sync>,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReconcileErrorKind {
    /// The app's own list of users.
    Users,
    /// A call to Partnero.
    Partnero,
    /// The outbox, into which a missing user was to be written.
    Outbox,
}

impl ReconcileError {
    pub(super) fn new(
        kind: ReconcileErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> ReconcileErrorKind {
        self.kind
    }
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ReconcileErrorKind::Users => "the app's own list of users failed",
            ReconcileErrorKind::Partnero => "Partnero's list of customers failed",
            ReconcileErrorKind::Outbox => "a missing user could not be written to the outbox",
        })
    }
}

impl StdError for ReconcileError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
