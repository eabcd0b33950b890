//! The one function that says what a request's referral is.

use http::Method;

use super::cookie::{Attribution, reach_of};
use super::head::RequestHead;
use super::policy::Policy;
use super::read::{Reading, key_in_referer};
use crate::context::{Consent, NotStored, Outcome, ReferralContext, RunnersUp};
use crate::referral::{Referral, ReferralKey, ReferralSource};

/// Weighs the link, the cookies and, where the policy asks for it, the page before.
///
/// The function is pure: it writes nothing. [`Outcome::Captured`] tells the layer to write.
///
/// `stored` reads what the browser keeps. It is called only if the visitor's consent lets us read.
/// `veto` says why this request may not write. It is called only if there is something to write.
#[inline]
pub(super) fn decide(
    policy: &Policy,
    request: &RequestHead<'_>,
    stored: impl FnOnce() -> Reading,
    veto: impl Fn() -> Option<NotStored>,
) -> ReferralContext {
    let consent = policy.consent(request);
    let link = policy.links.read(request.uri.query(), request.uri.path());
    let stored = match consent {
        Consent::Unknown => Reading::new(ReferralSource::Cookie),
        Consent::Granted | Consent::Withdrawn => stored(),
    };
    let has_cookie = stored.found_any()
        || (consent == Consent::Withdrawn && policy.has_other_cookie(request.headers));
    let ignored = link.invalid.or(stored.invalid);
    let why_not = || match consent {
        Consent::Granted => veto().or_else(|| {
            let is_refused = policy.cookie.is_outside_domain(request);
            is_refused.then_some(NotStored::OutsideDomain)
        }),
        _ => Some(NotStored::ConsentUnknown),
    };
    let capture = |key, source| {
        let outcome = why_not().map_or(Outcome::Captured, Outcome::NotStored);
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
        (None, None) => match key_of_page_before(policy, request) {
            Some(_) if consent == Consent::Granted && policy.has_signup_marker(request.headers) => {
                (None, Outcome::AlreadySpent)
            }
            Some(key) => capture(key, ReferralSource::Referer),
            None if stored.expired => (None, Outcome::Expired),
            None => (None, ignored.map_or(Outcome::NotReferred, Outcome::Ignored)),
        },
    };
    // Our `Set-Cookie` cannot remove cookies of another host or path. So the request's host and
    // path are kept where several cookies came, or where a cookie is about to be replaced or
    // removed; a sign-up is seldom a `GET`.
    let may_go = matches!(
        outcome,
        Outcome::Captured
            | Outcome::NotStored(NotStored::OutsideDomain)
            | Outcome::ConsentWithdrawn
    ) || request.method != Method::GET;
    let reach = (stored.several || (has_cookie && may_go)).then(|| Box::new(reach_of(request)));
    // Only where a key may have lost, or its cookie is about to go: other requests do not need the
    // runners-up.
    let runners_up = if has_cookie && (may_go || outcome == Outcome::FirstTouchKept) {
        let may_write = || matches!(why_not(), None | Some(NotStored::OutsideDomain));
        runners_up(policy, request, referral.as_ref(), outcome, &may_write)
    } else {
        None
    };
    ReferralContext {
        referral,
        outcome,
        ignored,
        conflicting: link.conflicting || stored.conflicting,
        consent,
        program: policy.program,
        has_cookie,
        reach,
        runners_up,
        #[cfg(feature = "companion")]
        touches: None,
    }
}

/// Reads link and cookies once more to find the key that lost, so that the requests in which no key
/// loses do not pay for it.
#[cold]
#[inline(never)]
fn runners_up(
    policy: &Policy,
    request: &RequestHead<'_>,
    counts: Option<&Referral>,
    outcome: Outcome,
    may_write: &dyn Fn() -> bool,
) -> Option<Box<RunnersUp>> {
    let loses = match outcome {
        Outcome::FirstTouchKept if may_write() => {
            let link = policy.links.read(request.uri.query(), request.uri.path());
            link.key
        }
        Outcome::Captured | Outcome::NotStored(_) => {
            policy.cookie.read_cookies(request.headers).key
        }
        _ => None,
    };
    let cookie = policy.runners_up.as_ref()?;
    cookie.of(request.headers, counts.map(Referral::key), loses.as_slice())
}

/// The key of a landing page whose response could not store it.
fn key_of_page_before(policy: &Policy, request: &RequestHead<'_>) -> Option<ReferralKey> {
    policy.signup_marker.as_ref()?;
    key_in_referer(request.headers, &policy.public_origins, &policy.links)
}
