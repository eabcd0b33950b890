//! What went wrong, as far as it decides what to do next.

/// What went wrong, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call was refused here and never sent: an input that Partnero could not take.
    InvalidInput,
    /// The call, or a repeatable call's next attempt, waited for this client's own limits until
    /// its deadline, and was not sent. From an outbox's worker also: Partnero has asked for a pause.
    Busy,
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
    /// Partnero found the input invalid (422); see
    /// [`field_errors`](super::Error::field_errors). A duplicate customer is answered this way,
    /// too.
    Invalid,
    /// Partnero refused otherwise: any other 4xx, or a failure told in the body of a success.
    Rejected,
    /// Too many calls (429). Nothing was done; see [`retry_after`](super::Error::retry_after).
    RateLimited,
    /// Partnero failed (5xx, 408). It may have done what was asked.
    Server,
    /// The answer could not be understood. Partnero may have done what was asked.
    Decode,
    /// A call that must not be sent twice, such as a transaction or a credit, ended in a way that
    /// does not prove that nothing happened: a time-out, a cut connection, a 5xx, an answer that
    /// makes no sense.
    ///
    /// Sending it again may pay twice. Find out first: look a transaction up with
    /// `client.transactions().list().key(…)`, later than the call could still be under way; read
    /// a balance with `client.customers().balance(…)` and compare. The error's text names the way
    /// for its own call. Whether the answer was a 5xx is in [`status`](super::Error::status).
    Ambiguous,
}

impl ErrorKind {
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::InvalidInput => "was not sent",
            Self::Busy => "was not sent in time, because of this client's own limits",
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
            Self::Ambiguous => "may or may not have happened",
        }
    }

    /// Whether a call that ended so may have had its effect nevertheless.
    pub(crate) fn leaves_doubt(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Interrupted | Self::Server | Self::Decode | Self::Ambiguous
        )
    }
}
