//! What only few requests have beside their referral.

#[cfg(feature = "companion")]
use super::Touches;
use super::{Reach, RunnersUp};

/// What was found beside the referral and its cookie. Most requests have nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beside {
    /// The scopes in which a cookie of our name may be stored, where more than our own cookie may
    /// have to be removed.
    pub(crate) reach: Option<Reach>,
    pub(crate) runners_up: Option<RunnersUp>,
    /// There if the policy has a companion.
    #[cfg(feature = "companion")]
    pub(crate) touches: Option<Touches>,
}
