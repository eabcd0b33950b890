//! Why a report did not arrive, and what to do about it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::client::{Customer, CustomerRef, Error, ErrorKind};

/// Most characters of an error that a row keeps for the operator.
const LAST_ANSWER: usize = 1_000;

/// Why this attempt did not deliver a report, or may not have delivered it.
///
/// One word wide. Its [`source`](StdError::source) is the client's [`Error`](crate::Error), if a call
/// failed.
pub struct DeliveryError {
    inner: Box<Inner>,
}

struct Inner {
    dead: Option<DeadReason>,
    source: Source,
    note: Option<Cow<'static, str>>,
    awaits: Option<CustomerRef>,
}

enum Source {
    Call(Error),
    Payload(serde_json::Error),
    None,
}

/// Why trying again does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadReason {
    /// Partnero has understood the report and refused it.
    Refused,
    /// Partnero has another person, or a deleted customer, under the customer's identifier.
    IdentifierTaken,
    /// Partnero has the customer's e-mail address under another customer.
    EmailKnown,
    /// A credit that may have arrived. It cannot be looked up through the API, so a person must check.
    Parked,
    /// The row in the outbox cannot be read as a report.
    Unreadable,
    /// Partnero has answered for 14 days, or for
    /// [`give_up_after`](super::super::DeliveryWorkerBuilder::give_up_after), without taking the
    /// report.
    TooOld,
}

/// What an attempt shows about Partnero itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Partnero answers.
    Up,
    /// Partnero has failed over this report, be it because of the report or not.
    Failing,
    /// Partnero cannot be reached, or does not answer to this API key.
    Down,
    /// Nothing: the call was not sent, or there were too many calls (429).
    None,
}

impl DeadReason {
    /// The name in the column `outcome`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::IdentifierTaken => "identifier_taken",
            Self::EmailKnown => "email_known",
            Self::Parked => "parked",
            Self::Unreadable => "unreadable",
            Self::TooOld => "too_old",
        }
    }
}

impl DeliveryError {
    fn new(dead: Option<DeadReason>, source: Source) -> Self {
        let inner = Inner {
            dead,
            source,
            note: None,
            awaits: None,
        };
        Self {
            inner: Box::new(inner),
        }
    }

    pub(crate) fn unreadable(error: serde_json::Error) -> Self {
        Self::new(Some(DeadReason::Unreadable), Source::Payload(error))
    }

    pub(super) fn refused(error: Error) -> Self {
        Self::new(Some(DeadReason::Refused), Source::Call(error))
    }

    pub(super) fn parked(error: Option<Error>) -> Self {
        let source = error.map_or(Source::None, Source::Call);
        Self::new(Some(DeadReason::Parked), source)
            .with_note("the credit may have arrived; check the balance before it is replayed")
    }

    pub(super) fn later(error: Error) -> Self {
        Self::new(None, Source::Call(error))
    }

    /// Nothing was sent: Partnero does not know this referrer, whose own sign-up is under way.
    pub(super) fn awaits(referrer: CustomerRef) -> Self {
        let mut error = Self::new(None, Source::None)
            .with_note("Partnero does not know the referrer, whose own sign-up is on its way");
        error.inner.awaits = Some(referrer);
        error
    }

    pub(super) fn identifier_taken(customer: &Customer) -> Self {
        let note = format!("{}; nothing was credited", named(customer));
        Self::new(Some(DeadReason::IdentifierTaken), Source::None).with_note(note)
    }

    pub(super) fn email_known(customer: &Customer) -> Self {
        Self::new(Some(DeadReason::EmailKnown), Source::None).with_note(named(customer))
    }

    pub(super) fn name_shared() -> Self {
        Self::new(Some(DeadReason::Refused), Source::None).with_note(
            "another customer has this identifier as key; delete the customer in Partnero's dashboard",
        )
    }

    pub(super) fn with_note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.inner.note = Some(note.into());
        self
    }

    /// Whether trying again does not help. The report is then a dead letter, and a person decides.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.inner.dead.is_some()
    }

    /// Why trying again does not help. `None` if it may help.
    #[must_use]
    pub fn dead_reason(&self) -> Option<DeadReason> {
        self.inner.dead
    }

    /// The referrer whose own sign-up should arrive first.
    pub(crate) fn awaited(&self) -> Option<&CustomerRef> {
        self.inner.awaits.as_ref()
    }

    /// How long Partnero asks to wait before the next call (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.call().and_then(Error::retry_after)
    }

    /// Whether the report may have arrived all the same. Make the next attempt of a sale, a refund or
    /// a credit with [`Attempt::again`](super::Attempt::again).
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        match self.call() {
            Some(error) => error.kind().leaves_doubt(),
            None => self.inner.dead == Some(DeadReason::Parked),
        }
    }

    /// The text for the column `last_answer`: the error and its causes, at most 1,000 characters.
    pub(crate) fn last_answer(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        // PostgreSQL takes no zero bytes.
        text.chars()
            .filter(|char| *char != '\0')
            .take(LAST_ANSWER)
            .collect()
    }

    /// Whether Partnero has answered in this attempt: to the call that failed, or, in an attempt made
    /// [again](super::Attempt::again), to the look-up before that call, or that it does not know the
    /// referrer.
    pub(crate) fn was_answered(&self, again: bool) -> bool {
        let is_answered = |call: &Error| {
            call.status().is_some() || (again && call.kind() == ErrorKind::Ambiguous)
        };
        self.inner.awaits.is_some() || self.call().is_some_and(is_answered)
    }

    /// The call that failed, if one was made.
    pub(crate) fn call(&self) -> Option<&Error> {
        match &self.inner.source {
            Source::Call(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the attempt ended with a call that was not sent, because the fleet pauses or because of
    /// the client's own limits. No call before it has changed anything at Partnero.
    pub(crate) fn was_held_back(&self) -> bool {
        let call = self.call();
        call.is_some_and(|error| error.kind() == ErrorKind::Busy)
    }

    pub(crate) fn sign(&self) -> Sign {
        let Some(error) = self.call() else {
            return Sign::None;
        };
        match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::Busy | ErrorKind::RateLimited => Sign::None,
            ErrorKind::Connect | ErrorKind::Unauthorized => Sign::Down,
            kind if kind.leaves_doubt() => Sign::Failing,
            _ => Sign::Up,
        }
    }
}

/// The other customer, for a person who looks for that customer at Partnero.
fn named(customer: &Customer) -> String {
    match (&customer.id, &customer.key) {
        (Some(id), _) => format!("the customer with the id {id:?}"),
        (None, Some(key)) => format!("the customer with the key {key:?}"),
        (None, None) => "a customer whose name the answer does not hold".to_owned(),
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.inner.dead {
            None => "the report is not delivered yet",
            Some(DeadReason::Refused) => "Partnero refused the report",
            Some(DeadReason::IdentifierTaken) => {
                "Partnero has another person or a deleted customer under this identifier"
            }
            Some(DeadReason::EmailKnown) => {
                "Partnero has this e-mail address under another customer"
            }
            Some(DeadReason::Parked) => "the report is parked for a person to check",
            Some(DeadReason::Unreadable) => "the row is no report that can be read",
            Some(DeadReason::TooOld) => "the report was given up because of its age",
        })?;
        match &self.inner.note {
            Some(note) => write!(f, ": {note}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryError")
            .field("dead", &self.inner.dead)
            .field("note", &self.inner.note)
            .field("source", &self.source())
            .finish()
    }
}

impl StdError for DeliveryError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.inner.source {
            Source::Call(error) => Some(error),
            Source::Payload(error) => Some(error),
            Source::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partnero_has_answered_that_it_does_not_know_the_referrer() {
        let error = DeliveryError::awaits(CustomerRef::key("anna-7"));
        assert!(error.was_answered(false));
        assert!(!error.may_have_arrived());
    }
}
