//! Why a sign-up was not reported.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use tokio::task::JoinError;

use crate::client::{Customer, Error, ErrorKind};
use crate::delivery::HandoverError;
#[cfg(feature = "outbox")]
use crate::delivery::{OutboxError, OutboxErrorKind};
use crate::referral::ProgramKind;

/// A sign-up that was not reported: Partnero has not taken it, and it is not in the outbox.
///
/// One word wide. [`kind`](Self::kind) says what to do about it. [`source`](StdError::source) is
/// the client's [`Error`] or the outbox's `OutboxError`, if one of them failed.
pub struct SignupError {
    cause: Box<Cause>,
}

#[derive(Debug)]
enum Cause {
    EmailKey,
    WrongProgram(ProgramKind),
    #[cfg(feature = "outbox")]
    NoOutbox,
    Timeout(Duration),
    Interrupted(JoinError),
    Partnero(Error),
    IdentifierTaken(Box<Customer>),
    EmailKnown(Box<Customer>),
    #[cfg(feature = "outbox")]
    Outbox(OutboxError),
}

/// Why a sign-up was not reported, as far as it decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignupErrorKind {
    /// The customer's public key looks like an e-mail address; see
    /// [`Signups::allow_email_keys`](super::Signups::allow_email_keys). Nothing was sent.
    EmailKey,
    /// The customer, or the client, is of another kind of program than the policy. Nothing was sent.
    /// [`Signups::check_program`](super::Signups::check_program) finds it at start-up.
    WrongProgram,
    /// [`sign_up_in`](super::SignupHook::sign_up_in) needs an outbox, and
    /// [`Signups`](super::Signups) was made without one.
    #[cfg(feature = "outbox")]
    NoOutbox,
    /// The answer did not come within [`Delivery::deadline`](crate::Delivery::deadline). The
    /// report goes on in its task and may still arrive.
    Timeout,
    /// The report's task ended without an answer: it panicked, or the runtime was shut down. The
    /// report may have arrived.
    Interrupted,
    /// The call to Partnero failed.
    Partnero(ErrorKind),
    /// Partnero has another person (another e-mail address), or a deleted customer, under this
    /// identifier: [`SignupError::customer`] is that customer. Nobody was credited. The app
    /// has given one identifier to two people: give the new one another identifier.
    IdentifierTaken,
    /// Partnero has the e-mail address under another customer, whom [`SignupError::customer`] names:
    /// a person who registered in Partnero's own portal, or who had another account in the app. See
    /// [`Signups::without_known_email`](super::Signups::without_known_email).
    EmailKnown,
    /// The report could not be written to the outbox.
    #[cfg(feature = "outbox")]
    Outbox(OutboxErrorKind),
}

impl SignupErrorKind {
    /// A short name, for a log field or the label of a counter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailKey => "email_key",
            Self::WrongProgram => "wrong_program",
            #[cfg(feature = "outbox")]
            Self::NoOutbox => "no_outbox",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::Partnero(_) => "failed",
            Self::IdentifierTaken => "identifier_taken",
            Self::EmailKnown => "email_known",
            #[cfg(feature = "outbox")]
            Self::Outbox(_) => "outbox_failed",
        }
    }
}

impl SignupError {
    fn new(cause: Cause) -> Self {
        Self {
            cause: Box::new(cause),
        }
    }

    pub(super) fn email_key() -> Self {
        Self::new(Cause::EmailKey)
    }

    pub(super) fn wrong_program(policy: ProgramKind) -> Self {
        Self::new(Cause::WrongProgram(policy))
    }

    #[cfg(feature = "outbox")]
    pub(super) fn no_outbox() -> Self {
        Self::new(Cause::NoOutbox)
    }

    #[cfg(feature = "outbox")]
    pub(super) fn outbox(error: OutboxError) -> Self {
        Self::new(Cause::Outbox(error))
    }

    /// Why the sign-up was not reported.
    #[must_use]
    pub fn kind(&self) -> SignupErrorKind {
        match &*self.cause {
            Cause::EmailKey => SignupErrorKind::EmailKey,
            Cause::WrongProgram(_) => SignupErrorKind::WrongProgram,
            #[cfg(feature = "outbox")]
            Cause::NoOutbox => SignupErrorKind::NoOutbox,
            Cause::Timeout(_) => SignupErrorKind::Timeout,
            Cause::Interrupted(_) => SignupErrorKind::Interrupted,
            Cause::Partnero(error) => SignupErrorKind::Partnero(error.kind()),
            Cause::IdentifierTaken(_) => SignupErrorKind::IdentifierTaken,
            Cause::EmailKnown(_) => SignupErrorKind::EmailKnown,
            #[cfg(feature = "outbox")]
            Cause::Outbox(error) => SignupErrorKind::Outbox(error.kind()),
        }
    }

    /// The customer at Partnero who has the identifier or the e-mail address already.
    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        match &*self.cause {
            Cause::IdentifierTaken(customer) | Cause::EmailKnown(customer) => Some(customer),
            _ => None,
        }
    }

    /// Whether the same report may help later. It does no harm if the first one has arrived:
    /// Partnero keeps the identifiers of customers unique.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &*self.cause {
            Cause::EmailKey
            | Cause::WrongProgram(_)
            | Cause::IdentifierTaken(_)
            | Cause::EmailKnown(_) => false,
            #[cfg(feature = "outbox")]
            Cause::NoOutbox => false,
            // A sign-up may be reported again: Partnero is asked for the customer before anything
            // is changed.
            Cause::Timeout(_) | Cause::Interrupted(_) => true,
            Cause::Partnero(error) => error.is_retryable(),
            #[cfg(feature = "outbox")]
            Cause::Outbox(error) => error.is_retryable(),
        }
    }
}

impl From<HandoverError> for SignupError {
    fn from(error: HandoverError) -> Self {
        Self::new(match error {
            HandoverError::Timeout(deadline) => Cause::Timeout(deadline),
            HandoverError::Interrupted(error) => Cause::Interrupted(error),
            HandoverError::Partnero(error) => Cause::Partnero(error),
            HandoverError::IdentifierTaken(customer) => Cause::IdentifierTaken(customer),
            HandoverError::EmailKnown(customer) => Cause::EmailKnown(customer),
            #[cfg(feature = "outbox")]
            HandoverError::Outbox(error) => Cause::Outbox(error),
        })
    }
}

impl fmt::Display for SignupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.cause {
            Cause::EmailKey => {
                "the public key looks like an e-mail address, which every shared link would show: \
                 use another key, or let Partnero choose one"
            }
            Cause::WrongProgram(ProgramKind::ReferAFriend) => {
                "the policy is for a refer-a-friend program, and the customer or the client for an \
                 affiliate program: write `Referrals::builder().affiliate()`, or leave `partner` and \
                 `.affiliate()` out"
            }
            Cause::WrongProgram(ProgramKind::Affiliate) => {
                "the policy is for an affiliate program, and the customer or the client for a \
                 refer-a-friend program: write `Client::builder(key).affiliate()`, and `partner` in \
                 place of `referring_customer`"
            }
            #[cfg(feature = "outbox")]
            Cause::NoOutbox => {
                "`sign_up_in` needs an outbox: write `Signups::new(referrals, outbox)`"
            }
            Cause::Timeout(deadline) => {
                return write!(f, "the sign-up was not reported within {deadline:?}");
            }
            Cause::Interrupted(_) => "the task that reports the sign-up ended without an answer",
            Cause::Partnero(_) => "the sign-up was not reported to Partnero",
            Cause::IdentifierTaken(_) => {
                "Partnero has another person, or a deleted customer, under this identifier"
            }
            Cause::EmailKnown(_) => {
                "Partnero has this e-mail address under a customer with another identifier"
            }
            #[cfg(feature = "outbox")]
            Cause::Outbox(_) => "the sign-up was not written to the outbox",
        })
    }
}

impl fmt::Debug for SignupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignupError").field(&self.cause).finish()
    }
}

impl StdError for SignupError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.cause {
            Cause::Interrupted(error) => Some(error),
            Cause::Partnero(error) => Some(error),
            #[cfg(feature = "outbox")]
            Cause::Outbox(error) => Some(error),
            _ => None,
        }
    }
}
