//! What went wrong, as far as it decides what to do next.

/// What went wrong, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// This client refused the input and sent nothing, because Partnero could not take it.
    InvalidInput,
    /// The call, or its next attempt, waited because of this client's own limits until its deadline,
    /// and was not sent. For a call of an outbox's worker also: all deliveries pause.
    Busy,
    /// No connection was made. Nothing reached Partnero.
    Connect,
    /// No answer came in time. Partnero may have done what was asked.
    Timeout,
    /// The connection broke after the call was sent. Partnero may have done what was asked.
    Interrupted,
    /// The API key is wrong, or may not do this (401, 403).
    Unauthorized,
    /// Partnero does not have it (404).
    NotFound,
    /// It conflicts with something that Partnero has (409).
    Conflict,
    /// Partnero found the input invalid (422); see
    /// [`field_errors`](super::Error::field_errors). A duplicate customer is answered this way,
    /// too.
    Invalid,
    /// Partnero refused for another reason: any other 4xx, or a failure in the body of a success.
    Rejected,
    /// Too many calls (429). Nothing was done; see [`retry_after`](super::Error::retry_after).
    RateLimited,
    /// Partnero failed (5xx, 408). It may have done what was asked.
    Server,
    /// The answer could not be understood. Partnero may have done what was asked.
    Decode,
    /// A call that must not be sent twice, such as a transaction or a credit, ended in a way that
    /// does not prove that nothing happened: a time-out, a cut connection, a 5xx, or an answer that
    /// cannot be understood. A success without `data` and without a `status` of 1 is such an answer:
    /// a proxy in front of Partnero may answer 200 to everything.
    ///
    /// Sending it again may pay twice. Find out first what happened. Look a transaction up with
    /// `client.transactions().list().key(…)`, but not before the call's time-out has passed. Read a
    /// balance with `client.customers().balance(…)` and compare. The error's text names the way for
    /// its call. If the answer was a 5xx, [`status`](super::Error::status) says so.
    Ambiguous,
}

impl ErrorKind {
    /// A word for logs and counters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Busy => "busy",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Rejected => "rejected",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Decode => "decode",
            Self::Ambiguous => "ambiguous",
        }
    }

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
            Self::RateLimited => "was refused, because there were too many calls",
            Self::Server => "failed at Partnero",
            Self::Decode => "got an answer that cannot be understood",
            Self::Ambiguous => "may or may not have happened",
        }
    }

    /// Whether a call that ended in this way may have had its effect.
    pub(crate) fn leaves_doubt(self) -> bool {
        matches!(
            self,
            Self::Timeout | Self::Interrupted | Self::Server | Self::Decode | Self::Ambiguous
        )
    }
}
