//! The policy handle: made once, held by the layer and by the app's state.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::HeaderValue;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::builder::ReferralsBuilder;
use super::cookie::CookieTemplate;
use super::decide::decide;
use super::layer::ReferralLayer;
use super::parameter::Parameter;
use super::query;
use super::settings::Attribution;
use crate::context::{Outcome, ReferralContext, ReferralLayerMissing, Spent};
use crate::referral::Referral;

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
    policy: Arc<Policy>,
}

#[derive(Debug)]
pub(super) struct Policy {
    pub(super) parameters: Box<[Parameter]>,
    pub(super) cookie: CookieTemplate,
    pub(super) attribution: Attribution,
    /// Whether a service was ever wrapped in this handle's layer.
    pub(super) layered: AtomicBool,
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
        decide(&self.policy, method, uri, headers)
    }

    /// Takes the referral of this request out of the browser, for apps that report sign-ups to
    /// Partnero by their own means; the sign-up hook does it by itself.
    pub fn spend(&self, context: &ReferralContext) -> Spent {
        // A key in the link may be in the cookie by the time this response arrives.
        let may_be_stored = context.has_cookie || context.referral.is_some();
        Spent::new(may_be_stored.then(|| self.policy.cookie.removal()))
    }

    /// The `Set-Cookie` line that this request asks for, if any. Cookies are looked at only when
    /// the query names a referral.
    #[inline]
    pub(super) fn capture(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let query = uri.query()?;
        if !query::mentions(query, &self.policy.parameters) {
            return None;
        }
        self.capture_mentioned(method, uri, headers)
    }

    fn capture_mentioned(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<HeaderValue> {
        let context = self.evaluate(method, uri, headers);
        #[cfg(feature = "tracing")]
        tracing::debug!(
            outcome = context.outcome.as_str(),
            conflicting = context.conflicting,
            "referral link followed"
        );
        match (context.outcome, context.referral) {
            (Outcome::Captured, Some(referral)) => Some(self.policy.cookie.set(referral.key())),
            _ => None,
        }
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
