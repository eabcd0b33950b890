//! The policy handle: made once, held by the layer and by the app's state.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
#[cfg(feature = "companion")]
use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::builder::ReferralsBuilder;
use super::consent::{Consent, RequestHead};
use super::cookie::{CookieTemplate, escape};
use super::decide::decide;
use super::endpoint::CaptureEndpoint;
use super::layer::ReferralLayer;
use super::lines::CookieLines;
use super::navigation;
use super::parameter::Parameter;
use super::policy::Policy;
use super::redirect::PathLinkRedirect;
use crate::context::{NotStored, Outcome, ReferralContext, ReferralLayerMissing, Renewal, Spent};
use crate::error::ConfigError;
use crate::referral::{Referral, ReferralKey};

/// The referral policy of an app, as one cheap handle.
///
/// [`layer`](Self::layer) gives the middleware that captures links. The extractors take the same
/// handle from the app's state through `FromRef`, as axum-extra's `SignedCookieJar` takes its
/// `Key`: a forgotten state does not compile (under axum's `#[debug_handler]`, name the state:
/// `#[debug_handler(state = AppState)]`). A clone shares the policy.
///
/// Nothing is stored in the request. Query and cookies are read when somebody asks, always by
/// the same pure function, [`evaluate`](Self::evaluate).
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

    /// Starts a policy from the defaults of [`ReferralsBuilder`].
    pub fn builder() -> ReferralsBuilder {
        ReferralsBuilder::default()
    }

    /// The middleware that captures referral links by this policy.
    pub fn layer(&self) -> ReferralLayer {
        ReferralLayer::new(self.clone())
    }

    /// What this request says about its referral.
    ///
    /// # Errors
    ///
    /// [`ReferralLayerMissing`] if no service was ever wrapped in [`layer`](Self::layer); it is
    /// logged as an error event, too.
    pub fn context(&self, parts: &Parts) -> Result<ReferralContext, ReferralLayerMissing> {
        if !self.policy.layered.load(Ordering::Relaxed) {
            return Err(ReferralLayerMissing::logged());
        }
        Ok(self.evaluate(&parts.method, &parts.uri, &parts.headers))
    }

    /// The referral that counts for this request; `None` for an unreferred visitor.
    ///
    /// # Errors
    ///
    /// As [`context`](Self::context).
    pub fn referral(&self, parts: &Parts) -> Result<Option<Referral>, ReferralLayerMissing> {
        self.context(parts).map(|context| context.referral)
    }

    /// The decision itself, without asking whether the layer is in use.
    ///
    /// A pure function of the policy and the request; layer, extractors and sign-up all come
    /// here. It never fails, whatever the visitor sent.
    #[must_use]
    pub fn evaluate(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> ReferralContext {
        let request = RequestHead::new(method, uri, headers);
        self.decide(&request, || navigation::veto(method, headers))
    }

    /// Takes the referral of this request out of the browser, for apps that report sign-ups to
    /// Partnero by their own means; the sign-up hook does it by itself.
    pub fn spend(&self, context: &ReferralContext) -> Spent {
        // A key in the link may be in the cookie by the time this response arrives.
        let may_be_stored = context.has_cookie || context.referral.is_some();
        Spent::new(may_be_stored.then(|| {
            let spent = self.policy.spent.as_ref();
            let marks = spent.filter(|_| context.consent == Consent::Granted);
            self.removal().beside(marks.map(|spent| spent.set("1")))
        }))
    }

    /// Writes the referral that counts once more, from the server; see [`Renewal`].
    pub fn renew(&self, context: &ReferralContext) -> Renewal {
        let may_write = context.consent == Consent::Granted
            && matches!(
                context.outcome,
                Outcome::Remembered
                    | Outcome::Unchanged
                    | Outcome::FirstTouchKept
                    | Outcome::HandedIn
            );
        let referral = context.referral.as_ref().filter(|_| may_write);
        Renewal::new(referral.map(|referral| self.set(referral.key(), context)))
    }

    /// A service for `POST`s that hand in the key of a page which came from a cache; see
    /// [`CaptureEndpoint`]. `B` is the body type of its answers, which are empty.
    #[must_use]
    pub fn capture_endpoint<B: Default>(&self) -> CaptureEndpoint<B> {
        self.mark_layered();
        CaptureEndpoint::new(self.clone())
    }

    /// A service for path links that sends their visitors on; see [`PathLinkRedirect`]. `default`
    /// is where to, and `B` the body type of its answers, which are empty.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `default` is no path of this very host.
    pub fn path_link_redirect<B: Default>(
        &self,
        default: impl Into<String>,
    ) -> Result<PathLinkRedirect<B>, ConfigError> {
        PathLinkRedirect::new(self.clone(), default.into())
    }

    /// The query parameter by which a link carries this key.
    pub(super) fn parameter_for(&self, key: &ReferralKey) -> String {
        let name = self
            .policy
            .parameters
            .first()
            .map_or("ref", Parameter::name);
        format!("{name}={}", escape(key.as_str()))
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
        self.lines_for(&context)
    }

    /// As [`capture`](Self::capture), for a page of the app's own that hands the key in.
    pub(super) fn capture_handed_in(&self, parts: &Parts) -> Option<CookieLines> {
        let request = RequestHead::new(&parts.method, &parts.uri, &parts.headers);
        self.lines_for(&self.decide(&request, || None))
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a read would copy the decision once more, for twenty instructions"
    )]
    fn decide(
        &self,
        request: &RequestHead<'_>,
        veto: impl Fn() -> Option<NotStored>,
    ) -> ReferralContext {
        #[cfg(feature = "companion")]
        if self.policy.companion.is_some() {
            return self.decide_at(request, veto, SystemTime::now());
        }
        let read = || self.policy.cookie.read(request.headers);
        decide(&self.policy, request, read, veto)
    }

    fn lines_for(&self, context: &ReferralContext) -> Option<CookieLines> {
        if let Some(observer) = &self.policy.observer {
            observer(context);
        }
        #[cfg(feature = "tracing")]
        tracing::debug!(
            outcome = context.outcome.as_str(),
            conflicting = context.conflicting,
            "referral decided"
        );
        match (context.outcome, &context.referral) {
            (Outcome::Captured, Some(referral)) => Some(self.set(referral.key(), context)),
            (Outcome::ConsentWithdrawn, _) if context.has_cookie => {
                let marker = self.policy.spent.as_ref().map(CookieTemplate::removal);
                Some(self.removal().beside(marker))
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

    /// Sets the cookie, and removes the twin that would be read beside it or before it.
    fn set(&self, key: &ReferralKey, context: &ReferralContext) -> CookieLines {
        let cookie = &self.policy.cookie;
        let mut lines = CookieLines::new(cookie.set(key.as_str()), self.policy.cache);
        if context.has_cookie {
            lines = lines.beside(cookie.twin_removals());
        }
        #[cfg(feature = "companion")]
        if let Some(companion) = &self.policy.companion {
            return lines.beside(companion.lines_with(key, context, SystemTime::now()));
        }
        lines
    }

    fn removal(&self) -> CookieLines {
        let cookie = &self.policy.cookie;
        let lines = CookieLines::new(cookie.removal(), self.policy.cache.for_removal())
            .beside(cookie.twin_removals());
        #[cfg(feature = "companion")]
        if let Some(companion) = &self.policy.companion {
            return lines.beside(companion.removals());
        }
        lines
    }

    pub(super) fn is_own_page(&self, headers: &HeaderMap, origin: Option<&[u8]>) -> bool {
        self.policy.public_origins.made(headers, origin)
    }

    pub(super) fn mark_layered(&self) {
        self.policy.layered.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Referrals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Referrals").field(&self.policy).finish()
    }
}
