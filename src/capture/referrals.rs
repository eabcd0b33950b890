//! The handle of a policy, for the layer and for the app's state.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};

#[cfg(feature = "companion")]
use super::companion::journey;
use super::cookie::{Attribution, reach_of};
use super::decide::{self, Asker};
use super::head::RequestHead;
use super::policy::Policy;
use super::write;
#[cfg(feature = "tracing")]
use crate::context::NotStored;
use crate::context::{Consent, Outcome, ReferralContext, ReferralLayerMissing};
use crate::referral::{ProgramKind, Referral, ReferralKey};
use crate::response::{Renewal, Spent, Vary};

/// The referral policy of an app, as a handle that is cheap to clone. All clones share the policy.
///
/// [`layer`](Self::layer) makes the middleware that captures links. The extractors take the same
/// handle from the app's state through `FromRef`, as axum-extra's `SignedCookieJar` takes its `Key`.
/// So an app without the handle in its state does not compile. With axum's `#[debug_handler]`, name
/// the state: `#[debug_handler(state = AppState)]`.
///
/// Nothing is stored in the request. The layer and each extractor read the query and the cookies
/// with the same pure function, [`evaluate`](Self::evaluate).
///
/// # Example
///
/// ```
/// use http::{Request, Response, header::SET_COOKIE};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_partnero::{Attribution, Outcome, Referrals};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let referrals = Referrals::builder()
///     .domain("shop.example") // `www.` and `app.` share the cookie
///     .attribution(Attribution::FirstTouch)
///     .build()?;
///
/// let handle = referrals.clone();
/// let app = ServiceBuilder::new()
///     .layer(referrals.layer())
///     .service_fn(move |request: Request<()>| {
///         let (parts, ()) = request.into_parts();
///         let context = handle.context(&parts);
///         async move {
///             assert_eq!(context?.outcome, Outcome::Captured);
///             Ok::<_, tower::BoxError>(Response::new(()))
///         }
///     });
///
/// let landing = Request::get("https://shop.example/?ref=anna-7").body(())?;
/// let response = app.oneshot(landing).await.map_err(|error| error.to_string())?;
/// let cookie = response.headers()[SET_COOKIE].to_str()?;
/// assert!(cookie.starts_with("partnero_referral=anna-7; "));
/// assert!(cookie.contains("; Domain=shop.example"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Referrals {
    pub(super) policy: Arc<Policy>,
}

impl Referrals {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
        }
    }

    /// The kind of program that this policy is for.
    #[must_use]
    pub fn program_kind(&self) -> ProgramKind {
        self.policy.program
    }

    /// What this request says about its referral.
    ///
    /// # Errors
    ///
    /// [`ReferralLayerMissing`] if no service was ever wrapped in [`layer`](Self::layer). This is
    /// also logged as an error event.
    pub fn context(&self, parts: &Parts) -> Result<ReferralContext, ReferralLayerMissing> {
        self.check_layer()?;
        let context = self.decide(&RequestHead::of(parts), Asker::Handler);
        self.tell_read(|| true, || context.outcome, context.conflicting);
        Ok(context)
    }

    /// As [`context`](Self::context), for a request that is a sign-up, also if it is a `GET`.
    #[cfg(feature = "client")]
    pub(crate) fn context_of_signup(
        &self,
        parts: &Parts,
    ) -> Result<ReferralContext, ReferralLayerMissing> {
        let mut context = self.context_with_runners_up(parts)?;
        keep_reach(&mut context, &RequestHead::of(parts));
        Ok(context)
    }

    /// As [`context`](Self::context). It always knows the runners-up.
    #[cfg(feature = "client")]
    pub(crate) fn context_with_runners_up(
        &self,
        parts: &Parts,
    ) -> Result<ReferralContext, ReferralLayerMissing> {
        let mut context = self.context(parts)?;
        // A request without a cookie of ours was not asked for runners-up, and they may be all that
        // is left.
        if context.known_runners_up().is_none() && context.consent == Consent::Granted {
            self.remember(&mut context, &parts.headers, &[]);
        }
        Ok(context)
    }

    /// The referral that counts for this request; `None` for an unreferred visitor.
    ///
    /// # Errors
    ///
    /// As [`context`](Self::context).
    pub fn referral(&self, parts: &Parts) -> Result<Option<Referral>, ReferralLayerMissing> {
        #[cfg(feature = "companion")]
        if self.policy.companion.is_some() {
            return self.context(parts).map(|context| context.referral);
        }
        self.check_layer()?;
        let request = RequestHead::of(parts);
        // Only weighed: a handler that asks for the referral alone does not pay for the rest of the
        // context.
        let decision = decide::weigh(&self.policy, &request, |stored| stored, drop);
        // Most links came through the layer: the mark says so before the other headers are read.
        let may_be_lost = || decision.brings_new_key() && !self.policy.mark.is_in(request.headers);
        let outcome = || decision.outcome(&self.policy, &request, Asker::Handler);
        self.tell_read(may_be_lost, outcome, decision.conflicting);
        Ok(decision.referral)
    }

    /// The decision itself, without the check that the layer is in use.
    ///
    /// It is a pure function of the policy and the request. The layer, the extractors and the
    /// sign-up hook all call it. It never fails, also where a visitor sends malformed values.
    #[must_use]
    pub fn evaluate(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> ReferralContext {
        let request = RequestHead::new(method, uri, headers);
        self.decide(&request, Asker::Layer)
    }

    /// As [`evaluate`](Self::evaluate), at another time than now. Only what the
    /// [`companion`](crate::capture::companion) says depends on the time.
    #[cfg(feature = "companion")]
    #[must_use]
    pub fn evaluate_at(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> ReferralContext {
        let request = RequestHead::new(method, uri, headers);
        self.decide_at(&request, Asker::Layer, now)
    }

    /// Removes the referral of this request from the browser, for an app that reports sign-ups to
    /// Partnero by its own code. The [sign-up hook](crate::signup) does this by itself.
    pub fn spend(&self, context: &ReferralContext) -> Spent {
        // The response to an earlier request may store the link's key after this one is sent.
        let may_be_stored = context.has_cookie || context.referral.is_some();
        Spent::new(may_be_stored.then(|| write::removal_after_signup(&self.policy, context)))
    }

    /// Writes the stored referral of this request again, from the server, where it counts, and the keys
    /// that lost to it; see [`Renewal`].
    pub fn renew(&self, parts: &Parts) -> Renewal {
        self.renew_by(parts, SystemTime::now())
    }

    /// As [`renew`](Self::renew), at another time than now.
    #[cfg(feature = "companion")]
    pub fn renew_at(&self, parts: &Parts, now: SystemTime) -> Renewal {
        self.renew_by(parts, now)
    }

    /// Stores a referral that the app found by its own code, for example in a token that a link from
    /// another host carried.
    ///
    /// The same rules hold as for a referral link:
    ///
    /// - The key is written if it is new here; under [`FirstTouch`](Attribution::FirstTouch) if no key
    ///   is stored. The key that loses is remembered; see [`ReferralContext::runners_up`].
    /// - The visitor's consent must be granted.
    /// - The request must be a person's own navigation, so that no frame, image or prefetch on another
    ///   site stores the key. Every method is allowed: a posted form may bring the key.
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
        self.store_by(parts, referral.into(), SystemTime::now())
    }

    /// As [`store`](Self::store), at another time than now.
    #[cfg(feature = "companion")]
    pub fn store_at(
        &self,
        parts: &Parts,
        referral: impl Into<Option<Referral>>,
        now: SystemTime,
    ) -> Renewal {
        self.store_by(parts, referral.into(), now)
    }

    /// The response part that names the request headers on which the referral depends, for pages
    /// that caches may keep; see [`Vary`].
    pub fn vary(&self) -> Vary {
        Vary::new(self.policy.signup_marker.is_some())
    }

    fn renew_by(&self, parts: &Parts, now: SystemTime) -> Renewal {
        let request = &RequestHead::of(parts);
        let lines = || {
            let mut context = self.decide_at(request, Asker::Layer, now);
            if context.consent != Consent::Granted || !context.outcome.is_of_stored_key() {
                return None;
            }
            let key = context.referral.as_ref()?.key().clone();
            if context.known_runners_up().is_none() {
                self.remember(&mut context, request.headers, &[]);
            }
            if let Some(beside) = &mut context.beside
                && let Some(runners_up) = &mut beside.runners_up
            {
                runners_up.is_news |= runners_up.in_cookie;
            }
            let cookie = self.policy.runners_up.as_ref();
            if cookie.is_some_and(|cookie| cookie.are_in(request.headers)) {
                keep_reach(&mut context, request);
            }
            Some(write::set(&self.policy, &key, &context, || now))
        };
        Renewal::new(lines())
    }

    fn store_by(&self, parts: &Parts, referral: Option<Referral>, now: SystemTime) -> Renewal {
        let request = &RequestHead::of(parts);
        let lines = || {
            let referral = referral?;
            let navigation = &self.policy.navigation;
            let mut context = self.decide_at(request, Asker::Layer, now);
            if context.consent != Consent::Granted
                || navigation.veto_of_headers(request.headers).is_some()
            {
                return None;
            }
            let keeps_first = self.policy.attribution == Attribution::FirstTouch;
            if context.outcome.is_of_stored_key()
                && let Some(stored) = &context.referral
            {
                // The key is there already, and nothing has to be removed beside it.
                if stored.key() == referral.key() && (keeps_first || !context.conflicting) {
                    return None;
                }
                if keeps_first {
                    self.lose(&mut context, request.headers, referral.into_key(), now);
                    return write::others_alone(&self.policy, &context);
                }
            }
            // From here on the referral that was stored is a runner-up.
            let mut context = context.with_referral(referral.clone());
            keep_reach(&mut context, request);
            let lose = context.runners_up().to_vec();
            self.remember(&mut context, request.headers, &lose);
            Some(write::set(&self.policy, referral.key(), &context, || now))
        };
        Renewal::new(lines())
    }

    /// Reads the runners-up of a request that stores or spends its referral.
    fn remember(&self, context: &mut ReferralContext, headers: &HeaderMap, lose: &[ReferralKey]) {
        if let Some(cookie) = &self.policy.runners_up {
            let counts = context.referral.as_ref().map(Referral::key);
            let runners_up = cookie.of(headers, counts, lose);
            context.has_cookie |= runners_up.as_ref().is_some_and(|it| it.in_cookie);
            if runners_up.is_some() || context.beside.is_some() {
                context.beside_mut().runners_up = runners_up;
            }
        }
    }

    /// Remembers a key that loses to the stored one, in the companion or in the cookie of the
    /// runners-up.
    #[cfg_attr(
        not(feature = "companion"),
        expect(unused_variables, reason = "only the companion has a time")
    )]
    fn lose(
        &self,
        context: &mut ReferralContext,
        headers: &HeaderMap,
        key: ReferralKey,
        now: SystemTime,
    ) {
        #[cfg(feature = "companion")]
        if let Some(companion) = &self.policy.companion {
            if let Some(beside) = &mut context.beside {
                let touches = beside.touches.take();
                beside.touches = touches.map(|stored| companion.lose(stored, key, now));
            }
            return;
        }
        self.remember(context, headers, &[key]);
    }

    fn check_layer(&self) -> Result<(), ReferralLayerMissing> {
        let is_layered = self.policy.layered.load(Ordering::Relaxed);
        is_layered
            .then_some(())
            .ok_or_else(ReferralLayerMissing::logged)
    }

    /// Emits the events for one decision that a handler asked for. The outcome is asked for only where an
    /// event needs it.
    #[inline(always)]
    #[cfg_attr(
        feature = "tracing",
        expect(
            clippy::inline_always,
            reason = "mostly nobody listens, and this question costs less than a call"
        )
    )]
    #[cfg_attr(
        not(feature = "tracing"),
        expect(unused_variables, clippy::unused_self, reason = "only events say this")
    )]
    fn tell_read(
        &self,
        may_be_lost: impl FnOnce() -> bool,
        outcome: impl Fn() -> Outcome,
        conflicting: bool,
    ) {
        #[cfg(feature = "tracing")]
        {
            if may_be_lost() && outcome() == Outcome::NotStored(NotStored::OutsideLayer) {
                self.policy.hints.outside_layer(&self.policy.cookie);
            }
            tracing::debug!(outcome = outcome().as_str(), conflicting, "referral read");
        }
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a read would copy the decision once more, for twenty instructions"
    )]
    pub(super) fn decide(&self, request: &RequestHead<'_>, asker: Asker) -> ReferralContext {
        #[cfg(feature = "companion")]
        if self.policy.companion.is_some() {
            return self.decide_at(request, asker, SystemTime::now());
        }
        decide::decide(&self.policy, request, asker, |stored| stored)
    }

    /// Apart from [`decide`](Self::decide), because a policy without a companion needs no time.
    #[cold]
    #[inline(never)]
    #[cfg_attr(
        not(feature = "companion"),
        expect(unused_variables, reason = "only the companion has a time")
    )]
    fn decide_at(
        &self,
        request: &RequestHead<'_>,
        asker: Asker,
        now: SystemTime,
    ) -> ReferralContext {
        #[cfg(feature = "companion")]
        if let Some(companion) = &self.policy.companion {
            return journey::decide_at(&self.policy, companion, request, asker, now);
        }
        decide::decide(&self.policy, request, asker, |stored| stored)
    }
}

impl fmt::Debug for Referrals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Referrals").field(&self.policy).finish()
    }
}

/// A stored cookie is about to be removed or replaced: keeps where it may have come from.
fn keep_reach(context: &mut ReferralContext, request: &RequestHead<'_>) {
    if context.has_cookie && context.reach().is_none() {
        context.beside_mut().reach = Some(reach_of(request));
    }
}
