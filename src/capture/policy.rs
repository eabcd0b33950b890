//! The checked settings of a handle.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::{HeaderMap, Uri};

use super::allow::{Navigation, Origins};
#[cfg(feature = "companion")]
use super::companion::Companion;
use super::cookie::{Attribution, CookieTemplate};
use super::head::RequestHead;
#[cfg(feature = "tracing")]
use super::hints::Hints;
use super::mark::Mark;
use super::read::Links;
use super::runners_up::RunnersUpCookie;
use crate::context::{Consent, ReferralContext};
use crate::referral::ProgramKind;
use crate::response::CacheRules;

pub(super) type ConsentPolicy = Arc<dyn Fn(&RequestHead<'_>) -> Consent + Send + Sync>;
pub(super) type Observer = Arc<dyn Fn(&ReferralContext) + Send + Sync>;

pub(super) struct Policy {
    pub(super) program: ProgramKind,
    pub(super) links: Links,
    pub(super) cookie: CookieTemplate,
    pub(super) attribution: Attribution,
    pub(super) cache: CacheRules,
    pub(super) public_origins: Origins,
    pub(super) navigation: Navigation,
    pub(super) consent: Option<ConsentPolicy>,
    /// The cookie that a sign-up leaves behind. It exists if keys are read from the `Referer`.
    pub(super) signup_marker: Option<CookieTemplate>,
    /// There if no companion keeps the runners-up.
    pub(super) runners_up: Option<RunnersUpCookie>,
    pub(super) observer: Option<Observer>,
    /// The signed cookie beside the referral's.
    #[cfg(feature = "companion")]
    pub(super) companion: Option<Box<Companion>>,
    /// Whether the layer looks at more of a request than its query: for path links, consent, the
    /// `Referer` or an observer.
    pub(super) asks_for_more: bool,
    /// What the layer leaves in a request for which it has written cookie lines.
    pub(super) mark: Mark,
    #[cfg(feature = "tracing")]
    pub(super) hints: Hints,
    /// Whether a service was ever wrapped in this handle's layer.
    pub(super) layered: AtomicBool,
}

impl Policy {
    /// Whether the layer has to read a request at all. Every request asks this.
    #[inline]
    pub(super) fn concerns(&self, uri: &Uri) -> bool {
        uri.query()
            .is_some_and(|query| self.links.name_query(query))
            || (self.asks_for_more && self.concerns_otherwise(uri.path()))
    }

    #[cold]
    fn concerns_otherwise(&self, path: &str) -> bool {
        self.looks_at_every_request() || self.links.name_path(path)
    }

    fn looks_at_every_request(&self) -> bool {
        self.consent.is_some() || self.signup_marker.is_some() || self.observer.is_some()
    }

    pub(super) fn consent(&self, request: &RequestHead<'_>) -> Consent {
        self.consent
            .as_ref()
            .map_or(Consent::Granted, |consent| consent(request))
    }

    /// Whether the browser sent a cookie of ours beside the referral's own.
    pub(super) fn has_other_cookie(&self, headers: &HeaderMap) -> bool {
        #[cfg(feature = "companion")]
        if self
            .companion
            .as_ref()
            .is_some_and(|companion| companion.is_in(headers))
        {
            return true;
        }
        let runners_up = self.runners_up.as_ref();
        runners_up.is_some_and(|cookie| cookie.is_in(headers)) || self.has_signup_marker(headers)
    }

    /// Whether a sign-up was made in this browser.
    pub(super) fn has_signup_marker(&self, headers: &HeaderMap) -> bool {
        let marker = self.signup_marker.as_ref();
        marker.is_some_and(|marker| marker.is_in(headers))
    }

    /// Calls the observer and emits the event for one decision of the layer.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "mostly there is no observer, and the question costs less than a call"
    )]
    pub(super) fn tell(&self, context: &ReferralContext) {
        // First the app's own code, which may panic: an event and a counter never do.
        if let Some(observer) = &self.observer {
            observer(context);
        }
        #[cfg(feature = "metrics")]
        crate::metrics::captured(context.outcome.as_str());
        #[cfg(feature = "tracing")]
        tracing::debug!(
            outcome = context.outcome.as_str(),
            conflicting = context.conflicting,
            "referral decided"
        );
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Policy");
        debug
            .field("program", &self.program)
            .field("links", &self.links)
            .field("cookie", &self.cookie)
            .field("attribution", &self.attribution)
            .field("cache", &self.cache)
            .field("public_origins", &self.public_origins)
            .field("navigation", &self.navigation)
            .field("consent", &self.consent.is_some())
            .field("referer_rescue", &self.signup_marker.is_some())
            .field("runners_up", &self.runners_up)
            .field("observer", &self.observer.is_some())
            .field("mark", &self.mark)
            .field("layered", &self.layered);
        #[cfg(feature = "companion")]
        debug.field("companion", &self.companion);
        debug.finish_non_exhaustive()
    }
}
