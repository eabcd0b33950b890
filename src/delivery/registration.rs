//! How a sign-up was registered at Partnero.

use std::fmt;

#[cfg(feature = "outbox")]
use super::outbox::Enqueued;
use super::referrer::Referrer;
use crate::client::Customer;

/// A report that was handed over.
#[derive(Debug)]
pub(crate) struct Reported {
    pub(crate) registration: Registration,
    pub(crate) left_out: LeftOut,
    /// The referrer that Partnero has taken.
    pub(crate) credited: Option<Referrer>,
    /// The customer as Partnero answered it; `None` if the report waits in the outbox.
    pub(crate) customer: Option<Customer>,
}

#[cfg(feature = "outbox")]
impl Reported {
    pub(crate) fn enqueued(enqueued: Enqueued) -> Self {
        Self {
            registration: Registration::Enqueued(enqueued),
            left_out: LeftOut::default(),
            credited: None,
            customer: None,
        }
    }
}

/// How a sign-up was registered: credited to its referrer or not, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registration {
    /// The customer was created and credited to a referrer.
    Referred(CreditedKey),
    /// The customer was created without a referrer.
    Unreferred(UnreferredReason),
    /// Partnero had the customer before. Nothing was changed.
    Existing(ExistingReferrer),
    /// There is no customer at Partnero, because an affiliate program takes none without a partner.
    /// Nothing is left to do.
    NotCreated(NotCreatedReason),
    /// The report is in the outbox. A worker delivers it later.
    #[cfg(feature = "outbox")]
    Enqueued(Enqueued),
}

/// Which of the visitor's keys was credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CreditedKey {
    /// The key of the referral that counts, as it was sent.
    AsGiven,
    /// The same key without the punctuation around it: Partnero does not know the key with the
    /// punctuation. Programs that turn text into links take a full stop or a bracket along.
    Trimmed,
    /// An earlier link of this visitor
    /// ([`ReferralContext::runners_up`](crate::ReferralContext::runners_up)): Partnero does not
    /// know the referral that counts.
    RunnerUp,
}

/// Why a customer was created without a referrer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnreferredReason {
    /// The visitor came without a referral.
    NotReferred,
    /// The visitor followed the customer's own link.
    SelfReferral,
    /// Partnero refused the referrer and has no such customer, and neither has it one for any
    /// earlier link of this visitor.
    UnknownReferrer,
    /// The referrer was sent, and Partnero's answer names no referrer.
    ReferrerIgnored,
}

/// Why an affiliate program has no customer for a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotCreatedReason {
    /// No partner brought the visitor. Nothing was sent.
    NoPartner,
    /// Partnero refused the partner and has no such partner, or the partner is archived, and so is it
    /// for any earlier link of this visitor.
    UnknownPartner,
}

/// The referrer that Partnero has recorded for a customer that it had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExistingReferrer {
    /// The referrer of this sign-up; or no referrer, and this sign-up has none either. Most likely an
    /// earlier report arrived and its answer was lost.
    Same,
    /// Another referrer.
    Other,
    /// No referrer, although this sign-up has one. Whether Partnero lets a referrer be added later is
    /// not documented, so that is not tried.
    None,
    /// Partnero's answers do not say.
    Unknown,
}

impl Registration {
    /// A short name, for a log field or the label of a counter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Referred(CreditedKey::AsGiven) => "referred",
            Self::Referred(CreditedKey::Trimmed) => "referred_trimmed_key",
            Self::Referred(CreditedKey::RunnerUp) => "referred_runner_up",
            Self::Unreferred(UnreferredReason::NotReferred) => "not_referred",
            Self::Unreferred(UnreferredReason::SelfReferral) => "self_referral",
            Self::Unreferred(UnreferredReason::UnknownReferrer) => "unknown_referrer",
            Self::Unreferred(UnreferredReason::ReferrerIgnored) => "referrer_ignored",
            Self::Existing(ExistingReferrer::Same) => "existing_same_referrer",
            Self::Existing(ExistingReferrer::Other) => "existing_other_referrer",
            Self::Existing(ExistingReferrer::None) => "existing_no_referrer",
            Self::Existing(ExistingReferrer::Unknown) => "existing_unknown_referrer",
            Self::NotCreated(NotCreatedReason::NoPartner) => "no_partner",
            Self::NotCreated(NotCreatedReason::UnknownPartner) => "unknown_partner",
            #[cfg(feature = "outbox")]
            Self::Enqueued(Enqueued::New) => "enqueued",
            #[cfg(feature = "outbox")]
            Self::Enqueued(Enqueued::Again) => "enqueued_again",
            #[cfg(feature = "outbox")]
            Self::Enqueued(Enqueued::Repeated) => "enqueued_repeated",
        }
    }
}

/// The optional fields of a customer that Partnero refused, and without which the customer was
/// created.
///
/// `Display` writes their names with `_` between them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LeftOut(u8);

impl LeftOut {
    /// The fields that Partnero's documents call optional.
    pub(super) const FIELDS: [&'static str; 5] =
        ["email", "key", "name", "surname", "date_of_birth"];

    pub(super) fn add(&mut self, field: &str) {
        if let Some(bit) = Self::FIELDS.iter().position(|name| *name == field) {
            self.0 |= 1 << bit;
        }
    }

    /// Whether nothing was left out.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names of the fields, as [`NewCustomer`](crate::NewCustomer) has them: `email`, `key`,
    /// `name`, `surname`, `date_of_birth`.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        let named = Self::FIELDS.into_iter().enumerate();
        named.filter_map(move |(bit, name)| (self.0 & (1 << bit) != 0).then_some(name))
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, field) in self.fields().enumerate() {
            let between = if number == 0 { "" } else { "_" };
            write!(f, "{between}{field}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields()).finish()
    }
}
