//! The one function that says what a request's referral is.

use http::{HeaderMap, Method, Uri};

use super::referrals::Policy;
use super::{Attribution, navigation, query};
use crate::context::{Outcome, ReferralContext};
use crate::referral::{Referral, ReferralSource};

/// Reads link and cookies and weighs them by the policy. Pure: it writes nothing, and
/// [`Outcome::Captured`] is the layer's order to write.
#[inline]
pub(super) fn decide(
    policy: &Policy,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> ReferralContext {
    let link = uri
        .query()
        .map(|query| query::read(query, &policy.parameters))
        .unwrap_or_default();
    let stored = policy.cookie.read(headers);

    let ignored = link.invalid.or(stored.invalid);
    let conflicting = link.conflicting || stored.conflicting;
    let has_cookie = stored.found_any();
    let from_link = |key| Some(Referral::new(key, ReferralSource::Query));
    let from_cookie = |key| Some(Referral::new(key, ReferralSource::Cookie));
    let (referral, outcome) = match (link.key, stored.key) {
        (Some(link), Some(stored)) if link == stored => (from_link(link), Outcome::Unchanged),
        (Some(_), Some(stored)) if policy.attribution == Attribution::FirstTouch => {
            (from_cookie(stored), Outcome::FirstTouchKept)
        }
        (Some(link), _) => {
            let veto = navigation::veto(method, headers);
            let outcome = veto.map_or(Outcome::Captured, Outcome::NotStored);
            (from_link(link), outcome)
        }
        (None, Some(stored)) => (from_cookie(stored), Outcome::Remembered),
        (None, None) => (None, ignored.map_or(Outcome::NotReferred, Outcome::Ignored)),
    };
    ReferralContext {
        referral,
        outcome,
        ignored,
        conflicting,
        has_cookie,
    }
}
