//! Everything that was decided when the handle was built.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::{HeaderMap, Uri};

use super::allow::Origins;
#[cfg(feature = "companion")]
use super::companion::Companion;
use super::consent::{Consent, RequestHead};
use super::cookie::Attribution;
use super::cookie::CookieTemplate;
use super::read::Parameter;
use super::read::{link, path};
use crate::context::ReferralContext;
use crate::response::CacheRules;

pub(super) type ConsentPolicy = Arc<dyn Fn(&RequestHead<'_>) -> Consent + Send + Sync>;
pub(super) type Observer = Arc<dyn Fn(&ReferralContext) + Send + Sync>;

pub(super) struct Policy {
    pub(super) parameters: Box<[Parameter]>,
    /// The first segment of the paths that are links.
    pub(super) path_segment: Option<Box<str>>,
    pub(super) cookie: CookieTemplate,
    pub(super) attribution: Attribution,
    pub(super) cache: CacheRules,
    pub(super) public_origins: Origins,
    pub(super) consent: Option<ConsentPolicy>,
    /// The cookie that marks a sign-up; there if keys are read from the `Referer`.
    pub(super) spent: Option<CookieTemplate>,
    pub(super) observer: Option<Observer>,
    /// The signed cookie beside ours.
    #[cfg(feature = "companion")]
    pub(super) companion: Option<Box<Companion>>,
    /// Whether anything but the query can concern the layer: path links, consent, rescue or an
    /// observer.
    pub(super) asks_for_more: bool,
    /// Whether a service was ever wrapped in this handle's layer.
    pub(super) layered: AtomicBool,
}

impl Policy {
    pub(super) fn consent(&self, request: &RequestHead<'_>) -> Consent {
        self.consent
            .as_ref()
            .map_or(Consent::Granted, |consent| consent(request))
    }

    /// Whether the layer has to look closer at a request: the one question of the hot path.
    #[inline]
    pub(super) fn concerns(&self, uri: &Uri) -> bool {
        uri.query()
            .is_some_and(|query| link::mentions(query, &self.parameters))
            || (self.asks_for_more && self.concerns_otherwise(uri))
    }

    #[cold]
    fn concerns_otherwise(&self, uri: &Uri) -> bool {
        let is_link = |segment: &str| path::raw_key(uri.path(), segment).is_some();
        self.looks_at_every_request() || self.path_segment.as_deref().is_some_and(is_link)
    }

    fn looks_at_every_request(&self) -> bool {
        self.consent.is_some() || self.spent.is_some() || self.observer.is_some()
    }

    /// Whether the browser keeps anything beside the referral's own cookie.
    pub(super) fn has_more(&self, headers: &HeaderMap) -> bool {
        #[cfg(feature = "companion")]
        if self
            .companion
            .as_ref()
            .is_some_and(|companion| companion.is_in(headers))
        {
            return true;
        }
        self.has_spent(headers)
    }

    /// Whether a sign-up in this browser has left its mark.
    pub(super) fn has_spent(&self, headers: &HeaderMap) -> bool {
        let spent = self.spent.as_ref();
        spent.is_some_and(|spent| spent.read(headers).found_any())
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Policy");
        debug
            .field("parameters", &self.parameters)
            .field("path_segment", &self.path_segment)
            .field("cookie", &self.cookie)
            .field("attribution", &self.attribution)
            .field("cache", &self.cache)
            .field("public_origins", &self.public_origins)
            .field("consent", &self.consent.is_some())
            .field("referer_rescue", &self.spent.is_some())
            .field("observer", &self.observer.is_some())
            .field("layered", &self.layered);
        #[cfg(feature = "companion")]
        debug.field("companion", &self.companion);
        debug.finish_non_exhaustive()
    }
}
