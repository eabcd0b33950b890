//! From the decision to what the browser is told to keep or to forget.

use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::allow::navigation;
use super::consent::{Consent, RequestHead};
use super::cookie::Attribution;
use super::cookie::CookieTemplate;
use super::cookie::Reach;
use super::referrals::Referrals;
#[cfg(feature = "client")]
use crate::context::ReferralLayerMissing;
use crate::context::{Outcome, ReferralContext};
use crate::referral::{Referral, ReferralKey};
use crate::response::{CookieLines, Line, Renewal, Spent};

impl Referrals {
    /// Takes the referral of this request out of the browser, for apps that report sign-ups to
    /// Partnero by their own means; the sign-up hook does it by itself.
    pub fn spend(&self, context: &ReferralContext) -> Spent {
        // A key in the link may be in the cookie by the time this response arrives.
        let may_be_stored = context.has_cookie || context.referral.is_some();
        Spent::new(may_be_stored.then(|| self.spent(context)))
    }

    fn spent(&self, context: &ReferralContext) -> CookieLines {
        let removal = self.removal(context);
        match &self.policy.spent {
            None => removal,
            Some(mark) if context.consent == Consent::Granted => removal.beside([mark.set("1")]),
            // Without a mark, the page before must not bring the referral back.
            Some(_) => removal.hiding_address(),
        }
    }

    /// As [`context`](Self::context), of a request that is a sign-up whatever its method.
    #[cfg(feature = "client")]
    pub(crate) fn context_to_spend(
        &self,
        parts: &Parts,
    ) -> Result<ReferralContext, ReferralLayerMissing> {
        let mut context = self.context(parts)?;
        reach_all(&mut context, &RequestHead::of(parts));
        Ok(context)
    }

    /// Writes the stored referral that counts once more, from the server; see [`Renewal`].
    pub fn renew(&self, context: &ReferralContext) -> Renewal {
        let may_write = context.consent == Consent::Granted && context.outcome.is_of_stored_key();
        let referral = context.referral.as_ref().filter(|_| may_write);
        Renewal::new(referral.map(|referral| self.set(referral.key(), context, SystemTime::now)))
    }

    /// Stores a referral that the app has found by itself, such as that of a token in a link from
    /// another host; the same rules hold as for a link of our own. It is written if it is new here
    /// (under [`FirstTouch`](Attribution::FirstTouch), if there is none), with the visitor's
    /// consent, and only for a person's own navigation: no frame, image or prefetch on a
    /// stranger's page plants it. A form that is posted may bring it.
    ///
    /// ```
    /// use axum::extract::State;
    /// use http::request::Parts;
    /// use tower_partnero::response::Renewal;
    /// use tower_partnero::{Referral, Referrals};
    ///
    /// # fn open(_: &http::Uri) -> Option<Referral> { None }
    /// // The page on this host that another host's links lead to.
    /// async fn welcome(State(referrals): State<Referrals>, parts: Parts) -> (Renewal, &'static str) {
    ///     let handed_in = open(&parts.uri); // `Detour::open`, for example
    ///     (referrals.store(&parts, handed_in), "welcome")
    /// }
    /// ```
    pub fn store(&self, parts: &Parts, referral: impl Into<Option<Referral>>) -> Renewal {
        let now = SystemTime::now();
        self.store_by(&RequestHead::of(parts), referral.into(), now)
    }

    pub(super) fn store_by(
        &self,
        request: &RequestHead<'_>,
        referral: Option<Referral>,
        now: SystemTime,
    ) -> Renewal {
        let lines = || {
            let referral = referral?;
            let context = self.decide_by(request, now);
            let stands = |stored: &Referral| {
                self.policy.attribution == Attribution::FirstTouch
                    || (stored.key() == referral.key() && !context.conflicting)
            };
            if context.consent != Consent::Granted
                || (context.outcome.is_of_stored_key()
                    && context.referral.as_ref().is_some_and(stands))
                || navigation::veto_of_headers(request.headers).is_some()
            {
                return None;
            }
            let mut context = context.with_referral(referral.clone());
            reach_all(&mut context, request);
            Some(self.set(referral.key(), &context, || now))
        };
        Renewal::new(lines())
    }

    #[cfg_attr(
        not(feature = "companion"),
        expect(unused_variables, reason = "only the companion has a time")
    )]
    fn decide_by(&self, request: &RequestHead<'_>, now: SystemTime) -> ReferralContext {
        let veto = || navigation::veto(request.method, request.headers);
        #[cfg(feature = "companion")]
        return self.decide_at(request, veto, now);
        #[cfg(not(feature = "companion"))]
        self.decide(request, veto)
    }

    /// The cookie lines that this request asks the layer for. Cookies are looked at only when
    /// the query names a referral, or the policy has to see every request.
    #[inline]
    pub(super) fn capture(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<CookieLines> {
        if !self.policy.concerns(uri) {
            return None;
        }
        self.capture_concerned(method, uri, headers)
    }

    /// Apart from the question whether it is needed, which every request asks.
    #[inline(never)]
    fn capture_concerned(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<CookieLines> {
        let request = RequestHead::new(method, uri, headers);
        let context = self.decide(&request, || navigation::veto(method, headers));
        self.lines_told(&context)
    }

    /// As [`capture`](Self::capture), for a page of the app's own that hands the key in.
    pub(super) fn capture_handed_in(&self, parts: &Parts) -> Option<CookieLines> {
        let veto = || navigation::veto_of_own_page(&parts.headers);
        self.lines_told(&self.decide(&RequestHead::of(parts), veto))
    }

    /// Tells who wants to know of the decision, now or when the response is known.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the lines would be moved once more, for twenty instructions"
    )]
    fn lines_told(&self, context: &ReferralContext) -> Option<CookieLines> {
        if context.outcome == Outcome::Captured && self.policy.cache.leave_public_pages {
            let lines = self.lines(context)?;
            return Some(lines.telling(self.clone(), context.clone()));
        }
        self.tell(context);
        self.lines(context)
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "mostly nobody listens, and asking is less than a call"
    )]
    pub(crate) fn tell(&self, context: &ReferralContext) {
        if let Some(observer) = &self.policy.observer {
            observer(context);
        }
        #[cfg(feature = "tracing")]
        tracing::debug!(
            outcome = context.outcome.as_str(),
            conflicting = context.conflicting,
            "referral decided"
        );
    }

    /// What the decision writes.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the lines would be moved once more, for twenty instructions"
    )]
    pub(super) fn lines(&self, context: &ReferralContext) -> Option<CookieLines> {
        match (context.outcome, &context.referral) {
            (Outcome::Captured, Some(referral)) => {
                Some(self.set(referral.key(), context, SystemTime::now))
            }
            (Outcome::ConsentWithdrawn, _) if context.has_cookie => {
                let marker = self.policy.spent.as_ref().map(CookieTemplate::removal);
                Some(self.removal(context).beside(marker))
            }
            #[cfg(feature = "companion")]
            (Outcome::Unchanged | Outcome::FirstTouchKept, _) => {
                let companion = self.policy.companion.as_ref();
                let line = companion.and_then(|companion| companion.line_alone(context));
                line.map(|line| CookieLines::new(line, self.policy.cache))
            }
            _ => None,
        }
    }

    /// Sets the cookie, and removes what would be read beside it or before it.
    #[cfg_attr(
        not(feature = "companion"),
        expect(unused_variables, reason = "only the companion has a time")
    )]
    fn set(
        &self,
        key: &ReferralKey,
        context: &ReferralContext,
        now: impl FnOnce() -> SystemTime,
    ) -> CookieLines {
        let cookie = &self.policy.cookie;
        let mut lines = CookieLines::new(cookie.set(key.as_str()), self.policy.cache);
        if context.has_cookie {
            lines = lines.beside(self.twin_removals(context));
        }
        #[cfg(feature = "companion")]
        if let Some(companion) = &self.policy.companion {
            return lines.beside(companion.lines_with(key, context, now()));
        }
        lines
    }

    fn removal(&self, context: &ReferralContext) -> CookieLines {
        let cookie = &self.policy.cookie;
        let lines = CookieLines::new(cookie.removal(), self.policy.cache.for_removal())
            .beside(self.twin_removals(context));
        #[cfg(feature = "companion")]
        if let Some(companion) = &self.policy.companion {
            return lines.beside(companion.removals());
        }
        lines
    }

    /// Of Partnero's script's cookies, and of whatever else may be in the way of ours.
    fn twin_removals(&self, context: &ReferralContext) -> Vec<Line> {
        let cookie = &self.policy.cookie;
        let mut lines = cookie.twin_removals().to_vec();
        if let Some(reach) = &context.reach {
            let mut others = cookie.removals_within(reach);
            others.retain(|line| !lines.contains(line));
            lines.append(&mut others);
        }
        lines
    }
}

/// A stored cookie is about to go, wherever it came from.
fn reach_all(context: &mut ReferralContext, request: &RequestHead<'_>) {
    if context.has_cookie && context.reach.is_none() {
        context.reach = Some(Box::new(Reach::of(request)));
    }
}
