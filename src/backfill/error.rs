//! Why a backfill has stopped before the end.

use std::error::Error as StdError;
use std::fmt;

use super::report::BackfillReport;

/// A backfill that has stopped before the end of the stream. What it had done until then is in the
/// [`report`](Self::report), and running it again goes on.
///
/// [`source`](StdError::source) is the error of the app's own stream, or Partnero's
/// [`Error`](crate::Error).
#[derive(Debug)]
pub struct BackfillError {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    report: BackfillReport,
    message: &'static str,
    source: Box<dyn StdError + Send + Sync>,
}

impl BackfillError {
    pub(super) fn new(
        report: BackfillReport,
        message: &'static str,
        source: Box<dyn StdError + Send + Sync>,
    ) -> Self {
        Self {
            inner: Box::new(Inner {
                report,
                message,
                source,
            }),
        }
    }

    /// What was done until then.
    #[must_use]
    pub fn report(&self) -> &BackfillReport {
        &self.inner.report
    }
}

impl fmt::Display for BackfillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finished = self.inner.report.finished;
        write!(f, "{} after {finished} users", self.inner.message)
    }
}

impl StdError for BackfillError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.inner.source)
    }
}
