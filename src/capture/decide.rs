//! The one function that says what a request's referral is.

use super::consent::{Consent, RequestHead};
use super::policy::Policy;
use super::reading::Reading;
use super::{Attribution, path, query, referer};
use crate::context::{NotStored, Outcome, ReferralContext};
use crate::referral::{Referral, ReferralKey, ReferralSource};

/// Reads link, cookies and, where the policy says so, the page before, and weighs them. Pure: it
/// writes nothing, and [`Outcome::Captured`] is the layer's order to write.
///
/// `read` gives what is stored, and is asked only if that may be read; `veto` says why this request
/// may not write, and is asked only if there is something to write.
#[inline]
pub(super) fn decide(
    policy: &Policy,
    request: &RequestHead<'_>,
    read: impl FnOnce() -> Reading,
    veto: impl FnOnce() -> Option<NotStored>,
) -> ReferralContext {
    let consent = policy.consent(request);
    let (link, link_source) = read_link(policy, request);
    let stored = match consent {
        Consent::Unknown => Reading::default(),
        Consent::Granted | Consent::Withdrawn => read(),
    };
    let context = ReferralContext {
        referral: None,
        outcome: Outcome::ConsentWithdrawn,
        ignored: link.invalid.or(stored.invalid),
        conflicting: link.conflicting || stored.conflicting,
        consent,
        has_cookie: stored.found_any(),
        #[cfg(feature = "companion")]
        touches: None,
    };
    if consent == Consent::Withdrawn {
        let has_cookie = context.has_cookie || policy.has_more(request.headers);
        return ReferralContext {
            has_cookie,
            ..context
        };
    }

    let capture = |key, source| {
        let veto = match consent {
            Consent::Granted => veto(),
            _ => Some(NotStored::ConsentUnknown),
        };
        let outcome = veto.map_or(Outcome::Captured, Outcome::NotStored);
        (Some(Referral::new(key, source)), outcome)
    };
    let from_cookie = |key| Some(Referral::new(key, ReferralSource::Cookie));
    let (referral, outcome) = match (link.key, stored.key) {
        (Some(link), Some(stored_key)) if link == stored_key && !stored.conflicting => {
            (Some(Referral::new(link, link_source)), Outcome::Unchanged)
        }
        (Some(_), Some(stored)) if policy.attribution == Attribution::FirstTouch => {
            (from_cookie(stored), Outcome::FirstTouchKept)
        }
        (Some(link), _) => capture(link, link_source),
        (None, Some(stored)) => (from_cookie(stored), Outcome::Remembered),
        (None, None) => match skipped(policy, request) {
            Some(_) if policy.has_spent(request.headers) => (None, Outcome::AlreadySpent),
            Some(key) => capture(key, ReferralSource::Referer),
            None if stored.expired => (None, Outcome::Expired),
            None => (
                None,
                context
                    .ignored
                    .map_or(Outcome::NotReferred, Outcome::Ignored),
            ),
        },
    };
    ReferralContext {
        referral,
        outcome,
        ..context
    }
}

/// What the link says that was followed: its query, or else its path.
pub(super) fn read_link(policy: &Policy, request: &RequestHead<'_>) -> (Reading, ReferralSource) {
    let query = request.uri.query();
    let reading = query
        .map(|query| query::read(query, &policy.parameters))
        .unwrap_or_default();
    match &policy.path_segment {
        Some(segment) if reading.key.is_none() => {
            let mut from_path = path::read(request.uri.path(), segment);
            from_path.invalid = reading.invalid.or(from_path.invalid);
            (from_path, ReferralSource::Path)
        }
        _ => (reading, ReferralSource::Query),
    }
}

/// The key that an earlier response had no chance to store.
fn skipped(policy: &Policy, request: &RequestHead<'_>) -> Option<ReferralKey> {
    policy.spent.as_ref()?;
    let segment = policy.path_segment.as_deref();
    let page = referer::read(
        request.headers,
        &policy.public_origins,
        &policy.parameters,
        segment,
    )?;
    page.key
}
