//! What an attempt is told.

use crate::delivery::report::Report;

/// One attempt to deliver a report, for a [`Deliverer`](super::Deliverer).
#[derive(Clone, Debug)]
#[must_use]
pub struct Attempt {
    pub(super) report: Report,
    pub(super) again: bool,
    pub(super) keep_referrer: bool,
    pub(super) referred: Option<bool>,
}

impl Attempt {
    /// The first attempt to deliver a report.
    pub fn new(report: impl Into<Report>) -> Self {
        Self {
            report: report.into(),
            again: false,
            keep_referrer: false,
            referred: None,
        }
    }

    /// Says that an earlier attempt may have arrived: a sale is looked up first, and a credit is
    /// not sent at all. Wait longer than the earlier request could still be under way.
    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    /// Whether a customer whose referrer Partnero does not know fails for now, instead of being
    /// created without one: the referrer's own sign-up may still be on its way. Default: `false`.
    pub fn keep_referrer(mut self, keep: bool) -> Self {
        self.keep_referrer = keep;
        self
    }

    /// Whether the buyer of a sale was referred, if that is known: it tells a refusal of an
    /// unreferred sale from any other. Default: Partnero is asked.
    pub fn referred(mut self, referred: Option<bool>) -> Self {
        self.referred = referred;
        self
    }
}
