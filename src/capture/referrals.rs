//! The policy handle: made once, held by the layer and by the app's state.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
#[cfg(feature = "companion")]
use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::allow::navigation;
use super::builder::ReferralsBuilder;
use super::consent::RequestHead;
use super::cookie::escape;
use super::decide::decide;
use super::endpoint::CaptureEndpoint;
use super::layer::ReferralLayer;
use super::policy::Policy;
use super::read::Parameter;
use super::redirect::PathLinkRedirect;
use crate::context::{NotStored, ReferralContext, ReferralLayerMissing};
use crate::error::ConfigError;
use crate::referral::{Referral, ReferralKey};
use crate::response::Vary;

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
    // Inlined into an extractor: else the answer is moved twice, for a hundred instructions.
    #[inline]
    pub fn context(&self, parts: &Parts) -> Result<ReferralContext, ReferralLayerMissing> {
        if !self.policy.layered.load(Ordering::Relaxed) {
            return Err(ReferralLayerMissing::logged());
        }
        let context = self.evaluate(&parts.method, &parts.uri, &parts.headers);
        #[cfg(feature = "tracing")]
        tracing::debug!(
            outcome = context.outcome.as_str(),
            conflicting = context.conflicting,
            "referral read"
        );
        Ok(context)
    }

    /// The referral that counts for this request; `None` for an unreferred visitor.
    ///
    /// # Errors
    ///
    /// As [`context`](Self::context).
    #[inline]
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

    /// Says which headers of a request its referral depends on, for pages that caches may keep; see
    /// [`Vary`].
    pub fn vary(&self) -> Vary {
        Vary::new(self.policy.spent.is_some())
    }

    /// A service for `POST`s that hand in the key of a page which came from a cache; see
    /// [`CaptureEndpoint`]. `B` is the body type of its answers, which are empty: in axum
    /// `axum::body::Body`.
    #[must_use]
    pub fn capture_endpoint<B: Default>(&self) -> CaptureEndpoint<B> {
        CaptureEndpoint::new(self.clone())
    }

    /// A service for path links that sends their visitors on; see [`PathLinkRedirect`]. `default`
    /// is where to, and `B` the body type of its answers, which are empty: in axum
    /// `axum::body::Body`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `default` is no path of this very host, or a path link itself, or the policy
    /// has no [`path_links`](ReferralsBuilder::path_links).
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

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a read would copy the decision once more, for twenty instructions"
    )]
    pub(super) fn decide(
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
