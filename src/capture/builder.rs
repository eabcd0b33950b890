//! The settings of a policy, each with its default, its bounds and its reason.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::allow::{Navigation, Origins};
#[cfg(feature = "companion")]
use super::companion::{Companion, SigningKeys};
use super::cookie::{Attribution, CookieSettings, CookieTemplate, SameSite};
use super::head::RequestHead;
use super::policy::{ConsentPolicy, Observer, Policy};
use super::read::Links;
use super::referrals::Referrals;
use crate::context::{Consent, ReferralContext};
use crate::error::ConfigError;
use crate::response::CacheRules;

/// Settings of [`Referrals`](crate::Referrals). Every one has a default; all are checked by
/// [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct ReferralsBuilder {
    parameters: Box<[Box<str>]>,
    path_segment: Option<Box<str>>,
    attribution: Attribution,
    cookie: CookieSettings,
    cache: CacheRules,
    public_origins: Origins,
    referer_rescue: bool,
    consent: Option<ConsentPolicy>,
    observer: Option<Observer>,
    #[cfg(feature = "companion")]
    companion: Option<SigningKeys>,
}

impl Default for ReferralsBuilder {
    fn default() -> Self {
        Self {
            parameters: Box::new(["ref".into()]),
            path_segment: None,
            attribution: Attribution::default(),
            cookie: CookieSettings::default(),
            cache: CacheRules::default(),
            public_origins: Origins::default(),
            referer_rescue: false,
            consent: None,
            observer: None,
            #[cfg(feature = "companion")]
            companion: None,
        }
    }
}

impl ReferralsBuilder {
    /// The query parameters that may hold a key, the most trusted first. Default: `["ref"]`, as
    /// Partnero's refer-a-friend programs have it; the name is a setting of the program
    /// (<https://help.partnero.com/article/204>).
    ///
    /// Refused: an empty list, a name twice, and names that a URL would have to encode. Names
    /// are case-sensitive.
    pub fn parameters<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.parameters = names
            .into_iter()
            .map(|name| name.into().into_boxed_str())
            .collect();
        self
    }

    /// Also takes keys from paths of the form `/ref/KEY`, where `ref` is this segment: Partnero's
    /// other form of links (<https://help.partnero.com/article/274>). Default: none. A key in the
    /// query comes first. The app has to route such paths;
    /// [`PathLinkRedirect`](super::PathLinkRedirect) is a ready handler. The path is read as the
    /// layer or the extractor sees it: within axum's `Router::nest` it lacks the nested prefix.
    ///
    /// Refused: a segment that a URL would have to encode.
    pub fn path_links(mut self, segment: impl Into<String>) -> Self {
        self.path_segment = Some(segment.into().into_boxed_str());
        self
    }

    /// Whether the first or the last link counts. Default: [`Attribution::LastTouch`].
    pub fn attribution(mut self, attribution: Attribution) -> Self {
        self.attribution = attribution;
        self
    }

    /// The cookie's name. Default: `partnero_referral`, the name that Partnero's own script uses
    /// in refer-a-friend programs; affiliate programs have `partnero_partner`.
    ///
    /// Refused: what is no cookie name (RFC 6265, section 4.1.1), more than 1,024 bytes, and a `__Host-`, `__Secure-`
    /// or `__Http-` prefix that the other settings do not keep.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie.name = name.into();
        self
    }

    /// The host below which the cookie is shared, such as `shop.example` for `www.shop.example`
    /// and `app.shop.example`. Default: none, the cookie stays with the host that set it; so leave
    /// it out on `http://localhost`, where [`secure`](Self::secure) is off, too.
    ///
    /// Refused: schemes, ports, paths, a leading dot, addresses, and names without a dot.
    /// Accepted but useless: a domain the app is not served from, and a public suffix such as
    /// `co.uk`; browsers drop such cookies. A domain that is taken away again, or changed, leaves
    /// the cookies of the old one behind until they expire.
    ///
    /// Any host below the domain may write such a cookie, too, and a browser sends the one with the
    /// longer path first. With one or without, what a sibling host has planted is a reported
    /// conflict and goes with the next link or sign-up (under
    /// [`FirstTouch`](super::Attribution::FirstTouch) with the sign-up alone; see
    /// [`Spent`](crate::Spent) for what is found); the [`companion`](super::companion) tells
    /// which of the two was captured here. Only a [`cookie_name`](Self::cookie_name) that begins
    /// with `__Host-` keeps siblings out, and it is for apps without Partnero's script.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// The path below which the cookie is sent. Default: `/`. Refused: a path without its
    /// leading `/`, with `;`, spaces or control characters, or of more than 1,024 bytes.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// How long a link counts, from the click that stored its key to the sign-up. Another click
    /// on the same link writes nothing, so that it starts no new time; where it should, return
    /// [`Referrals::renew`](crate::Referrals::renew) from the landing page. Default: 30 days, Partnero's own
    /// (<https://docs.partnero.com/guides/tracking/affiliate-api>). Whole seconds count; less
    /// than one second and more than 400 days are refused.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.cookie.max_age = max_age;
        self
    }

    /// The `SameSite` attribute. Default: [`SameSite::Lax`].
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.cookie.same_site = same_site;
        self
    }

    /// Whether the cookie is kept to https. Default: `true`. Write `false` for an app on plain
    /// http; behind a proxy that speaks https to browsers, leave it.
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie.secure = secure;
        self
    }

    /// Whether scripts are kept from the cookie. Default: `false`, because Partnero's script
    /// reads it.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.cookie.http_only = http_only;
        self
    }

    /// The origins under which browsers know the app, such as `https://shop.example`. Default:
    /// none. They are what [`referer_rescue`](Self::referer_rescue) and the
    /// [`CaptureEndpoint`](super::CaptureEndpoint) compare with where a browser sends no
    /// `Sec-Fetch-Site`; neither the `Host` nor a forwarded header is believed.
    ///
    /// Refused: anything but a scheme and a host as browsers write them, in lower case and
    /// without the scheme's own port.
    pub fn public_origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.public_origins = Origins::new(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Whether a key that was skipped on the landing page (it came from a cache, or was fetched
    /// ahead) is taken from the `Referer` of the next request. Default: `false`.
    ///
    /// Only a page of the app's own counts, and only where link and cookie say nothing. So that
    /// the page which held the sign-up form cannot bring a spent referral back, a sign-up leaves
    /// a second cookie, named like ours with `_spent` behind it, which lives as long as ours: after
    /// it, only a link counts in this browser. Where consent is not known at the sign-up, no mark
    /// may be left; the answer then asks by `Referrer-Policy: strict-origin` that its redirect does
    /// not name the page. A visitor who goes back to the page and then consents starts anew.
    ///
    /// A site whose own `Referrer-Policy` is `no-referrer`, `origin` or `strict-origin` has nothing
    /// to find. A page that renders by referral depends on the header then: see
    /// [`Referrals::vary`](crate::Referrals::vary).
    ///
    /// # Sites whose scripts fetch the next page
    ///
    /// htmx (`hx-boost`), Turbo and single-page apps get the next page by `fetch` or
    /// `XMLHttpRequest`. With this setting, a `GET` that a script of the app's own page sends counts
    /// as its visitor's navigation: both for the key of the page before and for a key in the fetched
    /// address itself. Browsers mark such a request by `Sec-Fetch-Site: same-origin`,
    /// `Sec-Fetch-Mode: cors` or `same-origin`, and `Sec-Fetch-Dest: empty`. What a script or the
    /// browser fetches ahead is still not stored: [`NotStored`](crate::NotStored) lists the headers
    /// that say so.
    ///
    /// The app's own page may stand in a frame of a stranger's page. There browsers do not store a
    /// cookie with `SameSite=Lax`; so a fetch does not count with
    /// [`SameSite::None`](super::SameSite::None). A page of the same site, which may be another
    /// host below the same domain, can write such a cookie anyway; to keep the app out of the frames
    /// of those pages, too, answer with `frame-ancestors` (CSP level 3, section 6.4.2).
    ///
    /// A script that uses the name of a [parameter](Self::parameters) for something else, as in
    /// `fetch("/files?ref=main")`, would store the key `main`: give one of the two another name.
    ///
    /// | How visitors get to the next page | Where the landing page comes from | What the site needs |
    /// |---|---|---|
    /// | plain links | the app | the layer |
    /// | plain links | a shared cache | [`leave_public_pages`](Self::leave_public_pages) and this setting |
    /// | htmx, Turbo, a single-page app | the app | the layer; and this setting where referral links stand on the site's own pages |
    /// | htmx, Turbo, a single-page app | a shared cache | `leave_public_pages` and this setting; for Turbo also `<meta name="turbo-prefetch" content="false">` on the cached pages |
    /// | any way | a shared cache, as all pages behind it | the [`CaptureEndpoint`](super::CaptureEndpoint) |
    ///
    /// Turbo needs that line because it fetches the link under the pointer ahead, and at the click
    /// shows what it has fetched: the app hears of no click, and the next request names another page.
    /// A script that writes another address into the address bar (`history.pushState`) before it
    /// fetches anything leaves no `Referer` to find either: hand the key in to the `CaptureEndpoint`.
    ///
    /// Refused without [`public_origins`](Self::public_origins).
    pub fn referer_rescue(mut self, rescue: bool) -> Self {
        self.referer_rescue = rescue;
        self
    }

    /// Whether the visitor lets us keep anything; see [`consent`](super::consent) for what follows
    /// from each answer and for ready policies. Default: everything is granted.
    ///
    /// With a policy the layer looks at every request, because a withdrawal removes the cookie
    /// wherever it is seen.
    pub fn consent(
        mut self,
        policy: impl Fn(&RequestHead<'_>) -> Consent + Send + Sync + 'static,
    ) -> Self {
        self.consent = Some(Arc::new(policy));
        self
    }

    /// Calls back with what the layer found in each request, so that an app can count outcomes:
    /// once for each layer that the request passes, and once more for what the
    /// [`CaptureEndpoint`](super::CaptureEndpoint) takes in. It counts requests, those for images
    /// and health checks among them; what came of sign-ups is in each
    /// `SignupOutcome`. It runs before the handler and should return at once. With
    /// [`leave_public_pages`](Self::leave_public_pages), and where a key is new, it runs behind the
    /// handler, or where the request ends without a response, which counts as captured; only of a
    /// handler that panics it hears nothing then. Default: none; with one, the layer reads the cookies
    /// of every request.
    pub fn on_outcome(
        mut self,
        observer: impl Fn(&ReferralContext) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Keeps a signed cookie beside the referral's, so that the server itself checks how long a
    /// link counts ([`max_age`](Self::max_age)); see [`companion`](super::companion). Default: none.
    ///
    /// Refused without [`domain`](Self::domain) where [`secure`](Self::secure) is off or
    /// [`path`](Self::path) is not `/`.
    #[cfg(feature = "companion")]
    pub fn companion(mut self, keys: SigningKeys) -> Self {
        self.companion = Some(keys);
        self
    }

    /// Whether a response that gets a cookie also gets `Cache-Control: no-store`. Default:
    /// `false`, because `private` keeps it from other visitors already, and `no-store` costs the
    /// browser's back/forward cache.
    pub fn no_store(mut self, no_store: bool) -> Self {
        self.cache.no_store = no_store;
        self
    }

    /// Whether a page that the app marked for shared caches (`public`, `s-maxage`, or a CDN's own
    /// header) stays as it is and gets no cookie. Default: `false`, it becomes private for this
    /// one visitor. With `true`, capture such pages by
    /// [`referer_rescue`](Self::referer_rescue) or the
    /// [`CaptureEndpoint`](super::CaptureEndpoint); the outcome is then
    /// [`NotStored::PublicPage`](crate::NotStored::PublicPage).
    pub fn leave_public_pages(mut self, leave: bool) -> Self {
        self.cache.leave_public_pages = leave;
        self
    }

    /// Checks every setting and makes the handle.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work and says what to write instead.
    pub fn build(self) -> Result<Referrals, ConfigError> {
        let links = Links::new(self.parameters, self.path_segment)?;
        self.cookie.check()?;
        if self.attribution == Attribution::FirstTouch && self.cookie.same_site == SameSite::Strict
        {
            return Err(ConfigError::new(
                "same_site",
                "on a link from another site browsers withhold a `Strict` cookie, so the first touch could not be \
                 kept: write `SameSite::Lax`",
            ));
        }
        self.public_origins.check()?;
        if self.referer_rescue && self.public_origins.is_empty() {
            return Err(ConfigError::new(
                "referer_rescue",
                "name the app's own origins, as in `.public_origins([\"https://shop.example\"])`",
            ));
        }
        #[cfg(feature = "companion")]
        let companion = self
            .companion
            .map(|keys| Companion::new(keys, &self.cookie, self.attribution).map(Box::new))
            .transpose()?;
        let signup_marker = self
            .referer_rescue
            .then(|| CookieTemplate::new(&self.cookie.for_signup_marker()));
        let asks_for_more = links.have_paths()
            || self.consent.is_some()
            || self.observer.is_some()
            || self.referer_rescue;
        // The app's own page may stand in a stranger's frame. Browsers store no `Lax` cookie there,
        // but they might store one with `SameSite=None`.
        let by_fetch = self.referer_rescue && self.cookie.same_site != SameSite::None;
        Ok(Referrals::new(Policy {
            links,
            cookie: CookieTemplate::new(&self.cookie),
            attribution: self.attribution,
            cache: self.cache,
            public_origins: self.public_origins,
            navigation: Navigation { by_fetch },
            asks_for_more,
            consent: self.consent,
            signup_marker,
            observer: self.observer,
            #[cfg(feature = "companion")]
            companion,
            layered: AtomicBool::new(false),
        }))
    }
}

impl Referrals {
    /// Starts a policy from the defaults of [`ReferralsBuilder`].
    pub fn builder() -> ReferralsBuilder {
        ReferralsBuilder::default()
    }
}

impl fmt::Debug for ReferralsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ReferralsBuilder");
        debug
            .field("parameters", &self.parameters)
            .field("path_segment", &self.path_segment)
            .field("attribution", &self.attribution)
            .field("cookie", &self.cookie)
            .field("cache", &self.cache)
            .field("public_origins", &self.public_origins)
            .field("referer_rescue", &self.referer_rescue)
            .field("consent", &self.consent.is_some())
            .field("observer", &self.observer.is_some());
        #[cfg(feature = "companion")]
        debug.field("companion", &self.companion.is_some());
        debug.finish()
    }
}
