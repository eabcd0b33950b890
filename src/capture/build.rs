//! From the settings to the policy: what is refused, and what is made once.

use std::sync::atomic::AtomicBool;

use super::builder::ReferralsBuilder;
#[cfg(feature = "companion")]
use super::companion::Companion;
use super::cookie::CookieTemplate;
use super::cookie::{Attribution, SameSite, check_parameters, check_segment};
use super::policy::Policy;
use super::read::Parameter;
use super::referrals::Referrals;
use crate::error::ConfigError;

impl ReferralsBuilder {
    /// Checks every setting and makes the handle.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot work and says what to write instead.
    pub fn build(self) -> Result<Referrals, ConfigError> {
        check_parameters(&self.parameters)?;
        self.path_segment.as_deref().map_or(Ok(()), check_segment)?;
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
        let spent = self
            .referer_rescue
            .then(|| CookieTemplate::new(&self.cookie.for_spent()));
        let asks_for_more = self.path_segment.is_some()
            || self.consent.is_some()
            || self.observer.is_some()
            || self.referer_rescue;
        Ok(Referrals::new(Policy {
            parameters: self.parameters.into_iter().map(Parameter::new).collect(),
            path_segment: self.path_segment,
            cookie: CookieTemplate::new(&self.cookie),
            attribution: self.attribution,
            cache: self.cache,
            public_origins: self.public_origins,
            asks_for_more,
            consent: self.consent,
            spent,
            observer: self.observer,
            #[cfg(feature = "companion")]
            companion,
            layered: AtomicBool::new(false),
        }))
    }
}
