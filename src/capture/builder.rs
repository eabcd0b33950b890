//! The settings of a policy, each with its default, its bounds and its reason.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::cookie::CookieTemplate;
use super::parameter::Parameter;
use super::referrals::{Policy, Referrals};
use super::settings::{Attribution, CookieSettings, SameSite, check_parameters};
use crate::error::ConfigError;

/// Settings of [`Referrals`]. Every one has a default; all are checked by
/// [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
pub struct ReferralsBuilder {
    parameters: Box<[Box<str>]>,
    attribution: Attribution,
    cookie: CookieSettings,
}

impl Default for ReferralsBuilder {
    fn default() -> Self {
        Self {
            parameters: Box::new(["ref".into()]),
            attribution: Attribution::default(),
            cookie: CookieSettings::default(),
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
    /// and `app.shop.example`. Default: none, the cookie stays with the host that set it.
    ///
    /// Refused: schemes, ports, paths, a leading dot, addresses, and names without a dot.
    /// Accepted but useless: a domain the app is not served from, and a public suffix such as
    /// `co.uk`; browsers drop such cookies.
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

    /// How long a link counts, from the click to the sign-up. Default: 30 days, Partnero's own
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

    /// Checks every setting and makes the handle.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work and says what to write instead.
    pub fn build(self) -> Result<Referrals, ConfigError> {
        check_parameters(&self.parameters)?;
        self.cookie.check()?;
        Ok(Referrals::new(Policy {
            parameters: self.parameters.into_iter().map(Parameter::new).collect(),
            cookie: CookieTemplate::new(&self.cookie),
            attribution: self.attribution,
            layered: AtomicBool::new(false),
        }))
    }
}
