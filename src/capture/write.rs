//! From the decision to the cookie lines of the response.

use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;

use super::cookie::{CookieTemplate, MOST_BYTES};
use super::head::RequestHead;
use super::policy::Policy;
use super::runners_up::RunnersUpCookie;
use crate::context::{Consent, NotStored, Outcome, ReferralContext, RunnersUp};
use crate::referral::ReferralKey;
use crate::response::{CookieLines, LinesWatcher, header_value};

/// The lines that a decision writes. Tells the observer of the decision: at once, or where a public
/// page may refuse the cookie, when the response is known.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the lines would be moved once more, for twenty instructions"
)]
pub(super) fn lines_told(
    policy: &Arc<Policy>,
    request: &RequestHead<'_>,
    context: &ReferralContext,
) -> Option<CookieLines> {
    if context.outcome == Outcome::Captured && policy.cache.leave_public_pages {
        let lines = lines(policy, request, context)?;
        // Only the response shows whether its page is public, so the report waits for it.
        return Some(lines.watched_by(Arc::new(PendingReport {
            policy: policy.clone(),
            context: context.clone(),
        })));
    }
    policy.tell(context);
    lines(policy, request, context)
}

/// A decision of which the observer hears when this is dropped: once the response is known, and
/// also where no response comes.
struct PendingReport {
    policy: Arc<Policy>,
    context: ReferralContext,
}

impl LinesWatcher for PendingReport {
    fn page_stays_public(&mut self) {
        self.context.outcome = Outcome::NotStored(NotStored::PublicPage);
    }
}

impl Drop for PendingReport {
    fn drop(&mut self) {
        // A second panic, of the observer, while a first one unwinds would end the process.
        if !std::thread::panicking() {
            self.policy.tell(&self.context);
        }
    }
}

/// The lines that a decision writes.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the lines would be moved once more, for twenty instructions"
)]
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "only an event names the request")
)]
pub(super) fn lines(
    policy: &Policy,
    request: &RequestHead<'_>,
    context: &ReferralContext,
) -> Option<CookieLines> {
    match (context.outcome, &context.referral) {
        (Outcome::Captured, Some(referral)) => {
            Some(set(policy, referral.key(), context, SystemTime::now))
        }
        // Behind a proxy that hides the visitor's host, the browser may keep the cookie all the same.
        (Outcome::NotStored(NotStored::OutsideDomain), Some(referral)) => {
            #[cfg(feature = "tracing")]
            policy.hints.outside_domain(&policy.cookie, request);
            Some(set(policy, referral.key(), context, SystemTime::now))
        }
        (Outcome::ConsentWithdrawn, _) if context.has_cookie => {
            let marker = policy.signup_marker.as_ref().map(CookieTemplate::removal);
            // The marker goes as well: after a withdrawal nothing of ours stays in the browser.
            Some(removal(policy, context).beside(marker.cloned()))
        }
        (Outcome::Unchanged | Outcome::FirstTouchKept, _) => others_alone(policy, context),
        _ => None,
    }
}

/// Sets the cookie, and removes the cookies that a browser would send beside it or before it.
#[inline]
pub(super) fn set(
    policy: &Policy,
    key: &ReferralKey,
    context: &ReferralContext,
    now: impl FnOnce() -> SystemTime,
) -> CookieLines {
    let has_others = context.has_cookie || context.known_runners_up().is_some();
    #[cfg(feature = "companion")]
    let has_others = has_others || policy.companion.is_some();
    if has_others {
        return beside_others(policy, key, context, now);
    }
    CookieLines::new(policy.cookie.set(key.as_str()), policy.cache)
}

/// Adds the lines that go with the line of a new key.
#[cold]
#[cfg_attr(
    not(feature = "companion"),
    expect(unused_variables, reason = "only the companion has a time")
)]
fn beside_others(
    policy: &Policy,
    key: &ReferralKey,
    context: &ReferralContext,
    now: impl FnOnce() -> SystemTime,
) -> CookieLines {
    let mut lines = CookieLines::new(policy.cookie.set(key.as_str()), policy.cache);
    if context.has_cookie {
        lines = lines.beside(twin_removals(policy, context));
    }
    if let Some((cookie, runners_up)) = new_runners_up(policy, context) {
        let others = cookie.lines_before(runners_up, context.reach());
        lines = lines.beside(others.chain(header_value(cookie.line(runners_up))));
    }
    #[cfg(feature = "companion")]
    if let Some(companion) = &policy.companion {
        return lines.beside(companion.lines_with(key, context, now()));
    }
    lines
}

/// Removes the cookie after a sign-up, and leaves the marker where the policy has one.
pub(super) fn removal_after_signup(policy: &Policy, context: &ReferralContext) -> CookieLines {
    let removal = removal(policy, context);
    match &policy.signup_marker {
        None => removal,
        // The page with the form may name its address, and so the key, in the `Referer` of the next
        // request. The marker says that this key was used.
        Some(marker) if context.consent == Consent::Granted => {
            removal.beside(header_value(marker.set("1")))
        }
        // The visitor has not consented to the marker. Without it the next request must not name
        // this page in its `Referer`, which would bring the referral back.
        Some(_) => removal.hiding_address(),
    }
}

fn removal(policy: &Policy, context: &ReferralContext) -> CookieLines {
    let line = policy.cookie.removal().as_bytes().into();
    let lines = CookieLines::new(line, policy.cache.for_removal())
        .beside(twin_removals(policy, context))
        .beside(runners_up_removals(policy, context));
    #[cfg(feature = "companion")]
    if let Some(companion) = &policy.companion {
        return lines.beside(companion.removals());
    }
    lines
}

/// Removes the cookies of our name that Partnero's script or another host may have stored.
fn twin_removals<'a>(
    policy: &'a Policy,
    context: &'a ReferralContext,
) -> impl Iterator<Item = HeaderValue> {
    let cookie = &policy.cookie;
    let others = cookie.removals_beside_twins(context.reach(), MOST_BYTES);
    cookie.twin_removals().iter().cloned().chain(others)
}

/// Stores the keys that lost beside a key that stays as it is, if this request changes them.
pub(super) fn others_alone(policy: &Policy, context: &ReferralContext) -> Option<CookieLines> {
    #[cfg(feature = "companion")]
    if let Some(companion) = &policy.companion {
        // The companion holds the key that lost, so there is no cookie of the runners-up.
        let line = companion.line_alone(context);
        return line.map(|line| CookieLines::new(line, policy.cache));
    }
    let (cookie, runners_up) = new_runners_up(policy, context)?;
    let others = cookie.lines_before(runners_up, context.reach());
    Some(CookieLines::new(cookie.line(runners_up), policy.cache).beside(others))
}

/// The runners-up, if this request changes them, and the cookie that stores them.
#[inline]
fn new_runners_up<'a>(
    policy: &'a Policy,
    context: &'a ReferralContext,
) -> Option<(&'a RunnersUpCookie, &'a RunnersUp)> {
    let runners_up = context.known_runners_up().filter(|it| it.is_news)?;
    Some((policy.runners_up.as_ref()?, runners_up))
}

fn runners_up_removals<'a>(
    policy: &'a Policy,
    context: &'a ReferralContext,
) -> impl Iterator<Item = HeaderValue> {
    let is_there = match context.known_runners_up() {
        Some(runners_up) => runners_up.in_cookie,
        // A `GET` outside the sign-up hook: nobody has looked for the cookie.
        None => context.has_cookie && context.reach().is_none(),
    };
    let cookie = policy.runners_up.iter().filter(move |_| is_there);
    cookie.flat_map(|cookie| cookie.removals(context.reach()))
}
