//! The one function that says what a request's referral is.

use http::Method;

use super::Attribution;
use super::consent::{Consent, RequestHead};
use super::cookie::Reach;
use super::policy::Policy;
use super::read::Reading;
use super::read::{link, path, referer};
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
    let link = read_link(policy, request);
    let stored = match consent {
        Consent::Unknown => Reading::new(ReferralSource::Cookie),
        Consent::Granted | Consent::Withdrawn => read(),
    };
    let has_cookie =
        stored.found_any() || (consent == Consent::Withdrawn && policy.has_more(request.headers));
    let ignored = link.invalid.or(stored.invalid);
    let capture = |key, source| {
        let veto = match consent {
            Consent::Granted => veto(),
            _ => Some(NotStored::ConsentUnknown),
        };
        let outcome = veto.map_or(Outcome::Captured, Outcome::NotStored);
        (Some(Referral::new(key, source)), outcome)
    };
    let (referral, outcome) = match (link.key, stored.key) {
        _ if consent == Consent::Withdrawn => (None, Outcome::ConsentWithdrawn),
        (Some(key), Some(stored_key)) if key == stored_key && !stored.conflicting => {
            (Some(Referral::new(key, link.source)), Outcome::Unchanged)
        }
        (Some(_), Some(key)) if policy.attribution == Attribution::FirstTouch => (
            Some(Referral::new(key, stored.source)),
            Outcome::FirstTouchKept,
        ),
        (Some(key), _) => capture(key, link.source),
        (None, Some(key)) => (Some(Referral::new(key, stored.source)), Outcome::Remembered),
        (None, None) => match skipped(policy, request) {
            Some(_) if consent == Consent::Granted && policy.has_spent(request.headers) => {
                (None, Outcome::AlreadySpent)
            }
            Some(key) => capture(key, ReferralSource::Referer),
            None if stored.expired => (None, Outcome::Expired),
            None => (None, ignored.map_or(Outcome::NotReferred, Outcome::Ignored)),
        },
    };
    // Where one of several cookies counts, or one is about to be replaced or removed (a sign-up is
    // seldom a `GET`), some may be out of the reach of our own.
    let may_go = matches!(outcome, Outcome::Captured | Outcome::ConsentWithdrawn)
        || request.method != Method::GET;
    let reach = (stored.several || (has_cookie && may_go)).then(|| Box::new(Reach::of(request)));
    ReferralContext {
        referral,
        outcome,
        ignored,
        conflicting: link.conflicting || stored.conflicting,
        consent,
        has_cookie,
        reach,
        #[cfg(feature = "companion")]
        touches: None,
    }
}

/// What the link says that was followed: its query, or else its path.
#[inline]
pub(super) fn read_link(policy: &Policy, request: &RequestHead<'_>) -> Reading {
    let from_query = match request.uri.query() {
        Some(query) => link::read(query, &policy.parameters),
        None => Reading::new(ReferralSource::Query),
    };
    match &policy.path_segment {
        Some(segment) if from_query.key.is_none() => {
            let mut from_path = path::read(request.uri.path(), segment);
            from_path.invalid = from_query.invalid.or(from_path.invalid);
            from_path
        }
        _ => from_query,
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
