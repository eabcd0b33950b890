//! What a request's referral is, and why. Pure functions: they write nothing.

use http::Method;

use super::cookie::{Attribution, reach_of};
use super::head::RequestHead;
use super::policy::Policy;
use super::read::{Reading, key_in_referer};
use crate::context::{Consent, NotStored, Outcome, ReferralContext, RunnersUp};
use crate::referral::{InvalidReferralKey, Referral, ReferralKey, ReferralSource};

/// Who asks; what a request may store depends on it.
#[derive(Clone, Copy)]
pub(super) enum Asker {
    /// The layer, or code that stands in its place.
    Layer,
    /// A handler. What the layer has not seen is not stored.
    Handler,
    /// The capture endpoint. A script or a form of the app's own page calls it.
    Endpoint,
}

impl Asker {
    /// Why the request may not write; `None` if it may.
    pub(super) fn veto(self, policy: &Policy, request: &RequestHead<'_>) -> Option<NotStored> {
        let navigation = policy.navigation;
        match self {
            Self::Layer => navigation.veto(request.method, request.headers),
            Self::Handler => {
                let veto = navigation.veto(request.method, request.headers);
                let is_unseen = || !policy.mark.is_in(request.headers);
                veto.or_else(|| is_unseen().then_some(NotStored::OutsideLayer))
            }
            Self::Endpoint => navigation.veto_of_own_page(request.headers),
        }
    }
}

/// The referral that counts, and what else the link and the cookies say.
pub(super) struct Decision {
    pub(super) referral: Option<Referral>,
    pub(super) conflicting: bool,
    /// As if every new key could be stored.
    at_best: Outcome,
    ignored: Option<InvalidReferralKey>,
    consent: Consent,
    has_cookie: bool,
    /// The browser sent more than one cookie of our name.
    several: bool,
}

impl Decision {
    /// What becomes of the referral, for the one who asks. Whether a new key is stored depends on most
    /// headers of the request, so they are read only where somebody wants to know.
    pub(super) fn outcome(
        &self,
        policy: &Policy,
        request: &RequestHead<'_>,
        asker: Asker,
    ) -> Outcome {
        if !self.brings_new_key() {
            return self.at_best;
        }
        let why_not = why_not_stored(policy, request, asker, self.consent);
        why_not.map_or(Outcome::Captured, Outcome::NotStored)
    }

    /// Whether the layer stores the key, if nothing forbids it.
    pub(super) fn brings_new_key(&self) -> bool {
        self.at_best == Outcome::Captured
    }
}

/// Weighs the link, the cookies and, where the policy asks for it, the page before.
///
/// `date` is given what the cookies of our name say, and takes out a key that is too old. It is called
/// only if the visitor's consent lets us read. Of the link's key and the stored one, `loses` is given
/// the key that does not count.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "what a caller does not ask for is then not worked out for it"
)]
pub(super) fn weigh(
    policy: &Policy,
    request: &RequestHead<'_>,
    date: impl FnOnce(Reading) -> Reading,
    loses: impl FnOnce(ReferralKey),
) -> Decision {
    let consent = policy.consent(request);
    let stored = match consent {
        // Without an answer about consent the app must not read what the browser stores, either
        // (ePrivacy directive, article 5(3)).
        Consent::Unknown => Reading::new(ReferralSource::Cookie),
        Consent::Granted | Consent::Withdrawn => date(policy.cookie.read_cookies(request.headers)),
    };
    let has_cookie = stored.found > 0
        || (consent == Consent::Withdrawn && policy.has_other_cookie(request.headers));
    let link = policy
        .links
        .read(request.uri.query(), || request.uri.path());
    // The link is what the visitor has just followed, so its mistake is the one to report.
    let ignored = link.invalid.or(stored.invalid);
    let conflicting = link.conflicting || stored.conflicting;
    let counts = |key, source, outcome| (Some(Referral::new(key, source)), outcome);
    // The order of the branches is the rule: consent, then the link, then the cookie, and last the
    // page before.
    let (referral, at_best) = if consent == Consent::Withdrawn {
        (None, Outcome::ConsentWithdrawn)
    } else if let Some(key) = link.key {
        match stored.key {
            // With several different cookies the link is stored again: that removes the others.
            Some(stored_key) if key == stored_key && !stored.conflicting => {
                counts(key, link.source, Outcome::Unchanged)
            }
            Some(stored_key) if policy.attribution == Attribution::FirstTouch => {
                loses(key);
                counts(stored_key, stored.source, Outcome::FirstTouchKept)
            }
            stored_key => {
                stored_key.map(loses);
                counts(key, link.source, Outcome::Captured)
            }
        }
    } else if let Some(key) = stored.key {
        counts(key, stored.source, Outcome::Remembered)
    } else {
        match key_of_page_before(policy, request) {
            Some(_) if consent == Consent::Granted && policy.has_signup_marker(request.headers) => {
                (None, Outcome::AlreadySpent)
            }
            Some(key) => counts(key, ReferralSource::Referer, Outcome::Captured),
            // Of a key that is too old and an invalid one, the first explains more: there was a
            // referral.
            None if stored.expired => (None, Outcome::Expired),
            None => (None, ignored.map_or(Outcome::NotReferred, Outcome::Ignored)),
        }
    };
    Decision {
        referral,
        at_best,
        conflicting,
        ignored,
        consent,
        has_cookie,
        several: stored.found > 1,
    }
}

/// As [`weigh`], with what the response needs in order to write. [`Outcome::Captured`] tells the
/// layer to write.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the decision would be moved once more, for fifty instructions"
)]
pub(super) fn decide(
    policy: &Policy,
    request: &RequestHead<'_>,
    asker: Asker,
    date: impl FnOnce(Reading) -> Reading,
) -> ReferralContext {
    let mut lost = None;
    let decision = weigh(policy, request, date, |key| lost = Some(key));
    let outcome = decision.outcome(policy, request, asker);
    let mut context = ReferralContext {
        referral: decision.referral,
        outcome,
        ignored: decision.ignored,
        conflicting: decision.conflicting,
        consent: decision.consent,
        program: policy.program,
        has_cookie: decision.has_cookie,
        beside: None,
    };
    // Most requests bring one cookie of ours at most, and leave it as it is.
    let is_settled = matches!(
        outcome,
        Outcome::NotReferred | Outcome::Unchanged | Outcome::Remembered
    );
    if decision.several || (decision.has_cookie && !(is_settled && request.method == Method::GET)) {
        let lost = lost.as_slice();
        add_others(policy, request, asker, &mut context, decision.several, lost);
    }
    context
}

/// Adds what a response needs that replaces or removes more than our own cookie: the scopes of other
/// cookies, and the runners-up.
#[cold]
#[inline(never)]
fn add_others(
    policy: &Policy,
    request: &RequestHead<'_>,
    asker: Asker,
    context: &mut ReferralContext,
    several: bool,
    lost: &[ReferralKey],
) {
    // Our `Set-Cookie` cannot remove cookies of another host or path. So the request's host and
    // path are kept where several cookies came, or where a cookie is about to be replaced or
    // removed; a sign-up is seldom a `GET`.
    let may_go = matches!(
        context.outcome,
        Outcome::Captured
            | Outcome::NotStored(NotStored::OutsideDomain)
            | Outcome::ConsentWithdrawn
    ) || request.method != Method::GET;
    if several || (context.has_cookie && may_go) {
        context.beside_mut().reach = Some(reach_of(request));
    }
    // Only where a key may have lost, or its cookie is about to go: other requests do not need the
    // runners-up.
    if context.has_cookie
        && (may_go || context.outcome == Outcome::FirstTouchKept)
        && let Some(runners_up) = runners_up(policy, request, asker, context, lost)
    {
        let has_both = runners_up.in_cookie;
        let beside = context.beside_mut();
        beside.runners_up = Some(runners_up);
        if has_both && beside.reach.is_none() {
            beside.reach = Some(reach_of(request));
        }
    }
}

/// Why a key that counts is not stored; `None` if it is.
fn why_not_stored(
    policy: &Policy,
    request: &RequestHead<'_>,
    asker: Asker,
    consent: Consent,
) -> Option<NotStored> {
    if consent != Consent::Granted {
        return Some(NotStored::ConsentUnknown);
    }
    asker.veto(policy, request).or_else(|| {
        let is_refused = policy.cookie.is_outside_domain(request);
        is_refused.then_some(NotStored::OutsideDomain)
    })
}

/// The stored runners-up, behind the key that lost if this request may store it.
fn runners_up(
    policy: &Policy,
    request: &RequestHead<'_>,
    asker: Asker,
    context: &ReferralContext,
    lost: &[ReferralKey],
) -> Option<RunnersUp> {
    let cookie = policy.runners_up.as_ref()?;
    let may_write = || {
        let why_not = why_not_stored(policy, request, asker, context.consent);
        // A cookie for a domain that seems not to cover this host is written all the same: see
        // `write::lines`.
        matches!(why_not, None | Some(NotStored::OutsideDomain))
    };
    let is_kept = context.outcome != Outcome::FirstTouchKept || may_write();
    let counts = context.referral.as_ref().map(Referral::key);
    cookie.of(request.headers, counts, if is_kept { lost } else { &[] })
}

/// The key of a landing page whose response could not store it.
#[inline]
fn key_of_page_before(policy: &Policy, request: &RequestHead<'_>) -> Option<ReferralKey> {
    let reads = policy.signup_marker.is_some();
    reads.then(|| key_in_referer(request.headers, &policy.public_origins, &policy.links))?
}
