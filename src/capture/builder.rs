//! The settings of a policy, each with its default and its bounds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::allow::{Navigation, Origins};
#[cfg(feature = "companion")]
use super::companion::{Companion, SigningKeys};
use super::cookie::{Attribution, CookieSettings, CookieTemplate, SameSite};
use super::head::RequestHead;
#[cfg(feature = "tracing")]
use super::hints::Hints;
use super::mark::Mark;
use super::policy::{ConsentPolicy, Observer, Policy};
use super::read::{KeyRule, Links};
use super::referrals::Referrals;
use super::runners_up::RunnersUpCookie;
use crate::context::{Consent, ReferralContext};
use crate::error::ConfigError;
use crate::referral::{ProgramKind, ReferralKey};
use crate::response::CacheRules;

/// The settings of [`Referrals`](crate::Referrals). Each has a default. [`build`](Self::build)
/// checks them all.
#[derive(Clone, Default)]
#[must_use]
pub struct ReferralsBuilder {
    program: ProgramKind,
    /// `None` for those of the program's kind.
    parameters: Option<Box<[Box<str>]>>,
    path_segment: Option<Box<str>>,
    key_rule: KeyRule,
    attribution: Attribution,
    /// `None` for that of the program's kind.
    cookie_name: Option<String>,
    cookie: CookieSettings,
    cache: CacheRules,
    public_origins: Origins,
    referer_rescue: bool,
    consent: Option<ConsentPolicy>,
    observer: Option<Observer>,
    #[cfg(feature = "companion")]
    companion: Option<SigningKeys>,
}

impl ReferralsBuilder {
    /// For an affiliate program, whose partners bring the customers. Default: a refer-a-friend
    /// program, whose customers do.
    ///
    /// It changes three things:
    ///
    /// - The [`parameters`](Self::parameters) are `aff` and `via`, unless the app names others.
    /// - The [`cookie_name`](Self::cookie_name) is `partnero_partner`, unless the app names another.
    /// - The [sign-up hook](crate::signup) fills in the partner, and a customer whom no partner
    ///   brought is not sent to Partnero.
    ///
    /// The client has to know the kind, too:
    /// [`ClientBuilder::affiliate`](crate::client::ClientBuilder::affiliate). See
    /// [`guide::affiliate`](crate::guide::affiliate) for a whole program.
    pub fn affiliate(mut self) -> Self {
        self.program = ProgramKind::Affiliate;
        self
    }

    /// The query parameters that may hold a key, the most trusted one first. Default: `["ref"]`, the
    /// default of Partnero's refer-a-friend programs (<https://help.partnero.com/article/204>). For
    /// [affiliate](Self::affiliate) programs: `["aff", "via"]`, where `aff` is Partnero's default
    /// (<https://help.partnero.com/article/274>) and `via` is in use. The name is a setting of the
    /// program.
    ///
    /// Names are case-sensitive. Each further name costs one more search of each query.
    ///
    /// Refused: an empty list, the same name twice, and a name that must be encoded in a URL.
    pub fn parameters<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter();
        let names = names.map(|name| name.into().into_boxed_str());
        self.parameters = Some(names.collect());
        self
    }

    /// Also reads keys from paths of the form `/ref/KEY`, where `ref` is this segment. Partnero calls
    /// this link structure *Link* (<https://help.partnero.com/article/274>). Default: none.
    ///
    /// A valid key in the query comes first. The app must route such paths;
    /// [`PathLinkRedirect`](super::PathLinkRedirect) is a ready handler. The layer and the extractors
    /// read the path that they see: inside axum's `Router::nest` it lacks the nested prefix.
    ///
    /// Refused: a segment that must be encoded in a URL.
    pub fn path_links(mut self, segment: impl Into<String>) -> Self {
        self.path_segment = Some(segment.into().into_boxed_str());
        self
    }

    /// Whether the first or the last link counts. Default: [`Attribution::LastTouch`].
    pub fn attribution(mut self, attribution: Attribution) -> Self {
        self.attribution = attribution;
        self
    }

    /// The cookie's name. Default: the name that Partnero's own script uses, `partnero_referral` in
    /// refer-a-friend programs and `partnero_partner` in [affiliate](Self::affiliate) programs.
    ///
    /// Refused: a text that is no cookie name (RFC 6265, section 4.1.1), more than 1,024 bytes, and a
    /// `__Host-`, `__Secure-` or `__Http-` prefix where the other settings do not fit the prefix.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// The domain whose hosts share the cookie: `shop.example` for `www.shop.example` and
    /// `app.shop.example`. Default: none; the browser sends the cookie only to the host that set it.
    /// On `http://localhost` set no domain, and turn [`secure`](Self::secure) off.
    ///
    /// Refused: a scheme, a port, a path, a leading dot, an IP address, and a name without a dot.
    /// Accepted but useless: a domain that the app is not served from, and a public suffix such as
    /// `co.uk`; browsers drop such cookies.
    ///
    /// If you change or remove the domain later, cookies with the old domain stay in the browsers
    /// until they expire.
    ///
    /// # Other subdomains
    ///
    /// Another subdomain can set a cookie of our name, with or without this setting, and the browser
    /// does not say so. If the keys differ, [`conflicting`](crate::ReferralContext::conflicting) is
    /// set. The next link or sign-up removes the other cookie (under
    /// [`FirstTouch`](super::Attribution::FirstTouch) only the sign-up); [`Spent`](crate::Spent) says
    /// which cookies are found. The [`companion`](super::companion) knows which key was captured
    /// here. Only a [`cookie_name`](Self::cookie_name) that begins with `__Host-` keeps other
    /// subdomains out; use it only in apps without Partnero's script.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.cookie.domain = Some(domain.into());
        self
    }

    /// The path below which the browser sends the cookie. Default: `/`. Refused: a path without a
    /// leading `/`, with `;`, spaces or control characters, or with more than 1,024 bytes.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.cookie.path = path.into();
        self
    }

    /// How long a link counts, from the click that stored its key to the sign-up. Default: 30 days,
    /// as at Partnero (<https://docs.partnero.com/guides/tracking/affiliate-api>). Fractions of a
    /// second are dropped.
    ///
    /// Another click on the same link writes nothing, so the time does not start again. If it should,
    /// return [`Referrals::renew`](crate::Referrals::renew) from the landing page.
    ///
    /// Refused: less than one second, and more than 400 days.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.cookie.max_age = max_age;
        self
    }

    /// The `SameSite` attribute. Default: [`SameSite::Lax`].
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.cookie.same_site = same_site;
        self
    }

    /// Whether the browser sends the cookie over https only. Default: `true`. Write `false` for an app
    /// on plain http. Behind a proxy that speaks https to browsers, keep `true`.
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie.secure = secure;
        self
    }

    /// Whether scripts cannot read the cookie. Default: `false`, because Partnero's script reads it.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.cookie.http_only = http_only;
        self
    }

    /// The app's own origins as browsers see them, such as `https://shop.example`. Default: none.
    ///
    /// [`referer_rescue`](Self::referer_rescue) accepts pages of these origins only. The
    /// [`CaptureEndpoint`](super::CaptureEndpoint) compares them where a browser sends no
    /// `Sec-Fetch-Site`. `Host` and forwarded headers are not used, because anybody can write them.
    ///
    /// Refused: anything but a scheme and a host as browsers write them: in lower case, and with a
    /// port only if it is not the default one.
    pub fn public_origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.public_origins = Origins::new(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Whether a key that the landing page could not store is taken from the `Referer` of the next
    /// request. A landing page stores nothing if it came from a cache or was fetched ahead. Default:
    /// `false`.
    ///
    /// Only pages of the app's own [`public_origins`](Self::public_origins) count, and only where the
    /// link and the cookie have no key.
    ///
    /// After a sign-up, the page with the form must not bring the used referral back. So a sign-up
    /// sets a second cookie, whose name is the cookie's name with `_spent` behind it and which lives
    /// as long as ours. With it, only a link counts in this browser. Where the visitor has not
    /// answered about consent, the sign-up may not set this cookie. Then the response has
    /// `Referrer-Policy: strict-origin`, so that the request after its redirect does not name the
    /// page. If the visitor goes back to that page and then consents, the referral counts again.
    ///
    /// Nothing is found on a site whose own `Referrer-Policy` is `no-referrer`, `origin` or
    /// `strict-origin`. A page that shows the referral depends on the `Referer` header then: see
    /// [`Referrals::vary`](crate::Referrals::vary).
    ///
    /// # Sites whose scripts fetch the next page
    ///
    /// htmx (`hx-boost`), Turbo and single-page apps get the next page by `fetch` or
    /// `XMLHttpRequest`. With this setting, a `GET` that a script of the app's own page sends counts
    /// as a navigation of the visitor: both for the key of the page before and for a key in the
    /// fetched address itself. Browsers mark such a request by `Sec-Fetch-Site: same-origin`,
    /// `Sec-Fetch-Mode: cors` or `same-origin`, and `Sec-Fetch-Dest: empty`. What a script or the
    /// browser fetches ahead is still not stored: [`NotStored`](crate::NotStored) lists the headers
    /// that say so.
    ///
    /// Another site can load the app's own page into a frame. There browsers do not store a cookie with
    /// `SameSite=Lax`, but they may store one with `SameSite=None`. So a fetch does not count with
    /// [`SameSite::None`](super::SameSite::None). Another subdomain can write the cookie anyway. To
    /// keep the app out of the frames of other subdomains too, answer with `frame-ancestors` (CSP
    /// level 3, section 6.4.2).
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
    /// Turbo needs that line because it fetches the link under the pointer ahead, and shows the fetched
    /// page at the click. So the app gets no request for the click, and the `Referer` of the next
    /// request names another page. A script that changes the address bar (`history.pushState`) before
    /// it fetches anything also leaves no `Referer` with the key: send the key to the
    /// `CaptureEndpoint`.
    ///
    /// Refused without [`public_origins`](Self::public_origins).
    pub fn referer_rescue(mut self, rescue: bool) -> Self {
        self.referer_rescue = rescue;
        self
    }

    /// Asks for each request whether the visitor allows the app to store anything. The module
    /// [`consent`](super::consent) says what follows from each answer, and has ready policies.
    /// Default: every request counts as granted.
    ///
    /// With a policy the layer reads every request, because after a withdrawal it removes the cookie
    /// at the next request of any kind.
    pub fn consent(
        mut self,
        policy: impl Fn(&RequestHead<'_>) -> Consent + Send + Sync + 'static,
    ) -> Self {
        self.consent = Some(Arc::new(policy));
        self
    }

    /// Calls the observer with the decision of the layer for each request, so that an app can count
    /// outcomes. Default: none.
    ///
    /// The observer is called once for each layer that the request passes, and once for each key that
    /// the [`CaptureEndpoint`](super::CaptureEndpoint) takes. Requests for images and health checks
    /// count too. The result of a sign-up is in its `SignupOutcome`, not here. With an observer the
    /// layer reads the cookies of every request.
    ///
    /// It runs before the handler and should return at once. With
    /// [`leave_public_pages`](Self::leave_public_pages) a decision about a new key is reported after
    /// the handler. Where the request then ends without a response, the observer gets
    /// [`Captured`](crate::Outcome::Captured). Where the handler panics, the observer is not called.
    pub fn on_outcome(
        mut self,
        observer: impl Fn(&ReferralContext) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Says which keys the app's customers can have. Default: every valid key.
    ///
    /// `ref` is a parameter of many websites: newsletters and directories add their own name to the
    /// links that leave them, as in `?ref=producthunt`. A key that the rule refuses is treated as if it
    /// were not in the request: the next key of the link is read, and a stored referral stays. Where
    /// no key is left, the outcome is
    /// [`Ignored(NotAccepted)`](crate::InvalidReferralKey::NotAccepted).
    ///
    /// The rule is called only for a request with a key, in the link or in a cookie. It should return
    /// at once.
    ///
    /// ```
    /// use http::{HeaderMap, Method, Uri};
    /// use tower_partnero::{InvalidReferralKey, Outcome, Referrals};
    ///
    /// // This app makes keys such as `c-4711`.
    /// let referrals = Referrals::builder()
    ///     .accept_keys(|key| key.as_str().starts_with("c-"))
    ///     .build()?;
    /// let link = Uri::from_static("/?ref=producthunt");
    /// let context = referrals.evaluate(&Method::GET, &link, &HeaderMap::new());
    /// assert_eq!(context.outcome, Outcome::Ignored(InvalidReferralKey::NotAccepted));
    /// # Ok::<_, tower_partnero::ConfigError>(())
    /// ```
    pub fn accept_keys(
        mut self,
        accepts: impl Fn(&ReferralKey) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.key_rule = KeyRule::new(accepts);
        self
    }

    /// Writes a second, signed cookie, so that the server itself checks how long a link counts
    /// ([`max_age`](Self::max_age)); see [`companion`](super::companion). Default: none.
    ///
    /// Refused without [`domain`](Self::domain) where [`secure`](Self::secure) is off or
    /// [`path`](Self::path) is not `/`.
    #[cfg(feature = "companion")]
    pub fn companion(mut self, keys: SigningKeys) -> Self {
        self.companion = Some(keys);
        self
    }

    /// Whether a response that gets a cookie also gets `Cache-Control: no-store`. Default:
    /// `false`, because `private` is enough to keep it from other visitors, and `no-store` turns off
    /// the browser's back/forward cache for the page.
    pub fn no_store(mut self, no_store: bool) -> Self {
        self.cache.no_store = no_store;
        self
    }

    /// Whether a page that the app marked for shared caches (`public`, `s-maxage`, or a CDN's own
    /// header) stays as it is and gets no cookie. Default: `false`; the response becomes private.
    ///
    /// With `true` the outcome for such a page is
    /// [`NotStored::PublicPage`](crate::NotStored::PublicPage). Store its keys by
    /// [`referer_rescue`](Self::referer_rescue) or the [`CaptureEndpoint`](super::CaptureEndpoint).
    pub fn leave_public_pages(mut self, leave: bool) -> Self {
        self.cache.leave_public_pages = leave;
        self
    }

    /// Checks every setting and makes the handle.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work and says what to write instead.
    pub fn build(mut self) -> Result<Referrals, ConfigError> {
        let usual = || {
            let names = self.program.parameters().iter();
            names.map(|&name| name.into()).collect()
        };
        let parameters = self.parameters.unwrap_or_else(usual);
        let links = Links::new(parameters, self.path_segment, self.key_rule.clone())?;
        let usual = || self.program.cookie_name().to_owned();
        self.cookie.name = self.cookie_name.unwrap_or_else(usual);
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
        let runners_up = Some(RunnersUpCookie::new(&self.cookie, self.key_rule.clone()));
        #[cfg(feature = "companion")]
        let runners_up = runners_up.filter(|_| companion.is_none());
        let asks_for_more = links.have_paths()
            || self.consent.is_some()
            || self.observer.is_some()
            || self.referer_rescue;
        // Another site can load the app's page into a frame. Browsers store no `Lax` cookie there, but
        // they may store one with `SameSite=None`.
        let by_fetch = self.referer_rescue && self.cookie.same_site != SameSite::None;
        Ok(Referrals::new(Policy {
            program: self.program,
            links,
            cookie: CookieTemplate::new(&self.cookie).accepting(self.key_rule.clone()),
            attribution: self.attribution,
            cache: self.cache,
            public_origins: self.public_origins,
            navigation: Navigation { by_fetch },
            asks_for_more,
            consent: self.consent,
            signup_marker,
            runners_up,
            observer: self.observer,
            #[cfg(feature = "companion")]
            companion,
            mark: Mark::default(),
            #[cfg(feature = "tracing")]
            hints: Hints::default(),
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
            .field("program", &self.program)
            .field("parameters", &self.parameters)
            .field("path_segment", &self.path_segment)
            .field("key_rule", &self.key_rule)
            .field("attribution", &self.attribution)
            .field("cookie_name", &self.cookie_name)
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
